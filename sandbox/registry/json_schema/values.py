"""JSON values, their types, and the bounds that schemas put on strings and numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

__all__ = ["TYPES", "bounds_differences", "same_value", "types_of", "value_key"]

TYPES = frozenset({"null", "boolean", "integer", "number", "string", "object", "array"})
Keywords = Mapping[str, Any]


def types_of(keywords: Keywords) -> frozenset[str]:
    """The types that `type` names; all of them without it."""
    named = keywords.get("type")
    if isinstance(named, str):
        return frozenset({named})
    if isinstance(named, list):
        return frozenset(each for each in named if isinstance(each, str))
    return TYPES


def same_value(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def value_key(value: Any) -> str:
    """The same text for the same JSON value: 1 is 1.0, true is not 1, and members have no order."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def bounds_differences(reader: Keywords, writer: Keywords, written: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Confluent's name and the keyword of each bound that the reader draws tighter than the writer."""
    if "string" in written:
        yield from upper_difference(reader, writer, "maxLength", "MAX_LENGTH")
        yield from lower_difference(reader, writer, "minLength", "MIN_LENGTH")
        if "pattern" in reader and reader["pattern"] != writer.get("pattern"):
            yield ("PATTERN_CHANGED" if "pattern" in writer else "PATTERN_ADDED"), "pattern"
    if written & {"number", "integer"}:
        whole = "number" not in written
        yield from _range_difference(_ceiling(reader, whole), _ceiling(writer, whole), "maximum", "MAXIMUM", -1)
        yield from _range_difference(_floor(reader, whole), _floor(writer, whole), "minimum", "MINIMUM", 1)
        yield from _step_difference(reader, writer, whole)


def upper_difference(reader: Keywords, writer: Keywords, word: str, kind: str) -> Iterator[tuple[str, str]]:
    if word in reader and (word not in writer or writer[word] > reader[word]):
        yield f"{kind}_{'DECREASED' if word in writer else 'ADDED'}", word


def lower_difference(reader: Keywords, writer: Keywords, word: str, kind: str) -> Iterator[tuple[str, str]]:
    if reader.get(word, 0) > 0 and writer.get(word, 0) < reader[word]:
        yield f"{kind}_{'INCREASED' if word in writer else 'ADDED'}", word


Bound = tuple[Fraction, bool]
"""A bound and whether it is itself excluded."""


def _exact(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def _ceiling(keywords: Keywords, whole: bool) -> Bound | None:
    bounds = list(_bounds(keywords, "maximum", "exclusiveMaximum"))
    if not bounds:
        return None
    value, excluded = min(bounds, key=lambda bound: (bound[0], not bound[1]))
    if whole:
        return Fraction(math.ceil(value) - 1 if excluded else math.floor(value)), False
    return value, excluded


def _floor(keywords: Keywords, whole: bool) -> Bound | None:
    bounds = list(_bounds(keywords, "minimum", "exclusiveMinimum"))
    if not bounds:
        return None
    value, excluded = max(bounds, key=lambda bound: (bound[0], bound[1]))
    if whole:
        return Fraction(math.floor(value) + 1 if excluded else math.ceil(value)), False
    return value, excluded


def _bounds(keywords: Keywords, word: str, excluding: str) -> Iterator[Bound]:
    """Draft 4 excludes by a boolean beside the bound, later drafts by a bound of its own."""
    excludes = keywords.get(excluding)
    if (value := _exact(keywords.get(word))) is not None:
        yield value, excludes is True
    if (value := _exact(excludes)) is not None:
        yield value, True


def _range_difference(
    reader: Bound | None, writer: Bound | None, word: str, kind: str, sign: int
) -> Iterator[tuple[str, str]]:
    """`sign` 1 for lower bounds, where more is tighter, -1 for upper ones."""
    if reader is None:
        return
    if writer is None:
        yield f"{kind}_ADDED", word
    elif (sign * reader[0], reader[1]) > (sign * writer[0], writer[1]):
        yield f"{kind}_{'INCREASED' if sign > 0 else 'DECREASED'}", word


def _step_difference(reader: Keywords, writer: Keywords, whole: bool) -> Iterator[tuple[str, str]]:
    step = _exact(reader.get("multipleOf"))
    if not step:
        return
    written = _exact(writer.get("multipleOf"))
    steps = [each for each in (written, Fraction(1) if whole else None) if each]
    if not any((each / step).denominator == 1 for each in steps):
        yield ("MULTIPLE_OF_CHANGED" if written else "MULTIPLE_OF_ADDED"), "multipleOf"
