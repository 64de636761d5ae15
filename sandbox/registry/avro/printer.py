"""Prints a schema as Java Avro does (`Schema.toString()`): the canonical text that identity and storage go by.

`normalized_text` is the stricter form behind `normalize=true`: full names everywhere, properties and aliases sorted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.registry.avro.types import PRIMITIVES, AvroType, Enum, Field, Fixed, Named, Record, Sequenced, Union
from sandbox.registry.java_json import dump

__all__ = ["canonical_text", "normalized_text"]

_KINDS = PRIMITIVES | {"record", "enum", "array", "map", "union", "fixed"}


def canonical_text(type_: AvroType, known: Iterable[str] = ()) -> str:
    """The schema in one line; types with a full name in `known` are only named, as those of references are."""
    return dump(_Printer(set(known)).type(type_, None))


def normalized_text(type_: AvroType, known: Iterable[str] = ()) -> str:
    return dump(_Normalizer(set(known)).type(type_))


class _Printer:
    def __init__(self, known: set[str]) -> None:
        self._known = known

    def type(self, type_: AvroType, namespace: str | None) -> Any:
        if isinstance(type_, Named):
            return self._named(type_, namespace)
        if isinstance(type_, Union):
            return [self.type(branch, namespace) for branch in type_.branches]
        if isinstance(type_, Sequenced):
            member = "items" if type_.kind == "array" else "values"
            return {"type": type_.kind, member: self.type(type_.element, namespace), **type_.props}
        return {"type": type_.kind, **type_.props} if type_.props else type_.kind

    def _named(self, type_: Named, namespace: str | None) -> Any:
        if type_.full_name in self._known:
            return _qualified(type_.name, type_.namespace, namespace)
        self._known.add(type_.full_name)
        printed: dict[str, Any] = {"type": type_.kind, "name": type_.name}
        if type_.namespace != namespace:
            printed["namespace"] = type_.namespace or ""
        if type_.doc is not None:
            printed["doc"] = type_.doc
        if isinstance(type_, Record):
            printed["fields"] = [self._field(field, type_.namespace) for field in type_.fields]
        elif isinstance(type_, Enum):
            printed["symbols"] = type_.symbols
            if type_.default is not None:
                printed["default"] = type_.default
        elif isinstance(type_, Fixed):
            printed["size"] = type_.size
        printed.update(type_.props)
        if type_.aliases:
            printed["aliases"] = [_alias(alias, type_.namespace) for alias in type_.aliases]
        return printed

    def _field(self, field: Field, namespace: str | None) -> dict[str, Any]:
        printed: dict[str, Any] = {"name": field.name, "type": self.type(field.type, namespace)}
        if field.doc is not None:
            printed["doc"] = field.doc
        if field.has_default:
            printed["default"] = field.default
        if field.order != "ascending":
            printed["order"] = field.order
        if field.aliases:
            printed["aliases"] = field.aliases
        printed.update(field.props)
        return printed


class _Normalizer:
    def __init__(self, known: set[str]) -> None:
        self._known = known

    def type(self, type_: AvroType) -> Any:
        if isinstance(type_, Named):
            return self._named(type_)
        if isinstance(type_, Union):
            return [self.type(branch) for branch in type_.branches]
        if isinstance(type_, Sequenced):
            member = "items" if type_.kind == "array" else "values"
            return {"type": type_.kind, member: self.type(type_.element), **_sorted(type_.props)}
        return {"type": type_.kind, **_sorted(type_.props)} if type_.props else type_.kind

    def _named(self, type_: Named) -> Any:
        if type_.full_name in self._known:
            return type_.full_name
        self._known.add(type_.full_name)
        printed: dict[str, Any] = {"type": type_.kind, "name": type_.full_name}
        if type_.doc:
            printed["doc"] = type_.doc
        if isinstance(type_, Record):
            printed["fields"] = [self._field(field) for field in type_.fields]
        elif isinstance(type_, Enum):
            printed["symbols"] = type_.symbols
            if type_.default is not None:
                printed["default"] = type_.default
        elif isinstance(type_, Fixed):
            printed["size"] = type_.size
        printed.update(_sorted(type_.props))
        if type_.aliases:
            printed["aliases"] = sorted(_full(alias, type_.namespace) for alias in type_.aliases)
        return printed

    def _field(self, field: Field) -> dict[str, Any]:
        printed: dict[str, Any] = {"name": field.name, "type": self.type(field.type)}
        if field.doc:
            printed["doc"] = field.doc
        if field.has_default:
            printed["default"] = field.default
        if field.order != "ascending":
            printed["order"] = field.order
        if field.aliases:
            printed["aliases"] = sorted(field.aliases)
        printed.update(_sorted(field.props))
        return printed


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _full(alias: str, namespace: str | None) -> str:
    return alias if "." in alias or not namespace else f"{namespace}.{alias}"


def _alias(alias: str, namespace: str | None) -> str:
    space, _, simple = _full(alias, namespace).rpartition(".")
    return _qualified(simple, space or None, namespace)


def _qualified(name: str, space: str | None, namespace: str | None) -> str:
    """The name as it must be written within `namespace`. A type called like an Avro word needs its full name."""
    full = f"{space}.{name}" if space else name
    return name if space is not None and space == namespace and name not in _KINDS else full
