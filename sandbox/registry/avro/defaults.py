"""Whether a JSON value can be the default of a field, as Java Avro 1.12 judges it."""

from __future__ import annotations

from typing import Any

from sandbox.registry.avro.types import ABSENT, AvroType, Record, Sequenced, Union

__all__ = ["Defaults"]

_RANGES = {"int": 1 << 31, "long": 1 << 63}
_TEXTUAL = frozenset({"string", "bytes", "enum", "fixed"})


class Defaults:
    """The defaults of one schema. A default of a record may take in those of its fields, again and again, so what was
    judged before is remembered; one that takes in itself has no end and is none."""

    def __init__(self) -> None:
        self._judged: dict[tuple[int, int], bool] = {}

    def is_valid(self, type_: AvroType, value: Any) -> bool:
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
            return any(self.is_valid(branch, value) for branch in type_.branches)
        if isinstance(type_, Sequenced):
            return self._is_valid_sequence(type_, value)
        return isinstance(type_, Record) and self._is_valid_record(type_, value)

    def _is_valid_sequence(self, type_: Sequenced, value: Any) -> bool:
        if type_.kind == "array":
            return isinstance(value, list) and all(self.is_valid(type_.element, item) for item in value)
        return isinstance(value, dict) and all(self.is_valid(type_.element, item) for item in value.values())

    def _is_valid_record(self, record: Record, value: Any) -> bool:
        """Members that are absent fall back to the field's own default."""
        if not isinstance(value, dict):
            return False
        place = (id(record), id(value))
        judged = self._judged.get(place)
        if judged is None:
            self._judged[place] = False
            given = ((each, value.get(each.name, each.default)) for each in record.fields)
            judged = all(item is not ABSENT and self.is_valid(each.type, item) for each, item in given)
            self._judged[place] = judged
        return judged
