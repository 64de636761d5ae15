"""A time as people write it, a number and its unit: `200ms`, `5s`, `1.5m`, `2h`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

__all__ = ["BadDuration", "Duration", "duration_s", "format_duration"]

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h)\Z")
LONGEST_S = 24 * 3600.0


class BadDuration(ValueError):
    """`hint` says what to write."""

    hint = "write 200ms, 5s, 1m or 2h"


def duration_s(value: Any) -> float:
    """Seconds of `5s`, `200ms`, `1m`. Raises BadDuration when there is no unit, or it is longer than a day."""
    match = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadDuration(f"expected a duration with its unit, found {value!r}")
    seconds = float(match[1]) * _UNITS_S[match[2]]
    if seconds > LONGEST_S:
        raise BadDuration(f"{value} is longer than a day")
    return seconds


def format_duration(seconds: float) -> str:
    """`0.2` → `200ms`, `90` → `90s`, the way a person writes it."""
    return f"{seconds * 1000:g}ms" if 0 < seconds < 1 else f"{seconds:g}s"


Duration = Annotated[
    float,
    BeforeValidator(duration_s),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h)$", "examples": ["5s", "200ms"]}),
]
"""Seconds; as text with its unit outside."""
