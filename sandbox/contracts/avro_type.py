"""Avro types as far as two of them must be compared: union branches, fields by dotted path, and which value fits which.

Schemas are plain JSON that has been proven to be good Avro.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["AvroTypes", "is_value_of"]

_WIDER = {
    "int": ("int", "long", "float", "double"),
    "long": ("long", "float", "double"),
    "float": ("float", "double"),
}
_PYTHON: Mapping[str, Any] = {
    "null": type(None), "boolean": bool, "int": int, "long": int, "float": (int, float), "double": (int, float),
    "string": str, "enum": str, "bytes": bytes, "fixed": bytes, "array": list, "map": dict, "record": dict,
}  # fmt: skip


class AvroTypes:
    """A schema with the types that it names. Types given to its methods must stem from it."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self._named: dict[str, Any] = {}
        self._collect(schema)

    def field(self, path: str) -> Any | None:
        """The type of a field by its dotted path, None when there is no such field."""
        at = self.schema
        for name in path.split("."):
            records = [each for each in self.branches(at) if _kind(each) == "record"]
            found = [field for each in records for field in each["fields"] if field["name"] == name]
            if not found:
                return None
            at = found[0]["type"]
        return at

    def fields(self) -> Mapping[str, Any]:
        """The record's own fields by name, as the schema has them."""
        return {field["name"]: field for field in self.schema["fields"]}

    def branches(self, type_: Any) -> list[Any]:
        """The branches of a union, else the type alone; names are resolved."""
        if isinstance(type_, list):
            return [branch for each in type_ for branch in self.branches(each)]
        if isinstance(type_, str):
            named = self._named.get(type_.rpartition(".")[2])
            return [type_ if named is None else named]
        inner = type_["type"]
        return self.branches(inner) if isinstance(inner, (list, dict)) or inner in self._named else [type_]

    def describe(self, type_: Any) -> str:
        """As a person writes it: `null|double`, `map of double`, `enum of OK, WARN`."""
        return "|".join(self.names(type_))

    def names(self, type_: Any) -> tuple[str, ...]:
        """Its branches, each as a person writes it."""
        return tuple(dict.fromkeys(self._describe(each) for each in self.branches(type_)))

    def _describe(self, branch: Any) -> str:
        kind = _kind(branch)
        if kind == "array":
            return f"array of {self.describe(branch['items'])}"
        if kind == "map":
            return f"map of {self.describe(branch['values'])}"
        if kind == "enum":
            return f"enum of {', '.join(branch['symbols'])}"
        return str(branch["name"]) if kind in ("record", "fixed") else kind

    def _collect(self, type_: Any) -> None:
        if isinstance(type_, list):
            for each in type_:
                self._collect(each)
        elif isinstance(type_, dict):
            if "name" in type_:
                self._named[str(type_["name"]).rpartition(".")[2]] = type_
            for part in ("type", "items", "values"):
                if isinstance(type_.get(part), (dict, list)):
                    self._collect(type_[part])
            for field in type_.get("fields", ()):
                self._collect(field["type"])

    def strangers(self, type_: Any, others: AvroTypes, other: Any) -> Iterator[str]:
        """The branches of `type_` whose values do not fit `other`, described; an enum by the symbols that do not."""
        takers = others.branches(other)
        for each in self.branches(type_):
            if not any(self._fits(each, others, taker) for taker in takers):
                yield self._missing_symbols(each, takers) or self._describe(each)

    def _fits(self, given: Any, others: AvroTypes, taker: Any) -> bool:
        kind, wanted = _kind(given), _kind(taker)
        if kind == wanted == "enum":
            return set(given["symbols"]) <= set(taker["symbols"])
        if kind == wanted == "array":
            return not any(self.strangers(given["items"], others, taker["items"]))
        if kind == wanted == "map":
            return not any(self.strangers(given["values"], others, taker["values"]))
        return wanted in _WIDER.get(kind, (kind,)) or (kind == "enum" and wanted == "string")

    def _missing_symbols(self, given: Any, takers: list[Any]) -> str | None:
        if _kind(given) != "enum":
            return None
        known = {symbol for taker in takers if _kind(taker) == "enum" for symbol in taker["symbols"]}
        return ", ".join(symbol for symbol in given["symbols"] if symbol not in known) if known else None


def is_value_of(value: Any, types: AvroTypes, type_: Any) -> bool:
    """Whether a decoded value is one of the type. Any text will do for an enum."""
    return any(_is(value, types, branch) for branch in types.branches(type_))


def _is(value: Any, types: AvroTypes, branch: Any) -> bool:
    kind = _kind(branch)
    if not isinstance(value, _PYTHON[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return False
    if kind == "array":
        return all(is_value_of(each, types, branch["items"]) for each in value)
    if kind == "map":
        return all(is_value_of(each, types, branch["values"]) for each in value.values())
    return True


def _kind(branch: Any) -> str:
    return str(branch if isinstance(branch, str) else branch["type"])
