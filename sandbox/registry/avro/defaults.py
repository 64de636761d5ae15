"""Whether a JSON value can be the default of a field, as Java Avro 1.12 judges it."""

from __future__ import annotations

from typing import Any

from sandbox.registry.avro.types import ABSENT, AvroType, Record, Sequenced, Union

__all__ = ["is_valid_default"]

_RANGES = {"int": 1 << 31, "long": 1 << 63}
_TEXTUAL = frozenset({"string", "bytes", "enum", "fixed"})


def is_valid_default(type_: AvroType, value: Any) -> bool:
    """True when `value` is a default of the type. A union takes a default of any of its branches."""
    kind = type_.kind
    if kind in _TEXTUAL:
        return isinstance(value, str)
    if kind in _RANGES:
        return isinstance(value, int) and not isinstance(value, bool) and -_RANGES[kind] <= value < _RANGES[kind]
    if kind in ("float", "double"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "null":
        return value is None
    if isinstance(type_, Union):
        return any(is_valid_default(branch, value) for branch in type_.branches)
    if isinstance(type_, Sequenced):
        return _is_valid_sequence(type_, value)
    return isinstance(type_, Record) and _is_valid_record(type_, value)


def _is_valid_sequence(type_: Sequenced, value: Any) -> bool:
    if type_.kind == "array":
        return isinstance(value, list) and all(is_valid_default(type_.element, item) for item in value)
    return isinstance(value, dict) and all(is_valid_default(type_.element, item) for item in value.values())


def _is_valid_record(record: Record, value: Any) -> bool:
    """Members that are absent fall back to the field's own default."""
    if not isinstance(value, dict):
        return False
    given = ((each, value.get(each.name, each.default)) for each in record.fields)
    return all(item is not ABSENT and is_valid_default(each.type, item) for each, item in given)
