"""Avro types as parsed: a graph of nodes, recursive where the schema is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["PRIMITIVES", "AvroType", "Enum", "Field", "Fixed", "Named", "Record", "Sequenced", "Union", "Unresolved"]

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
ABSENT = object()
"""Default of a field that has none (null is a default)."""


@dataclass(slots=True, eq=False)
class AvroType:
    """Any type. `kind` is its Avro word; `props` are the members that Avro itself does not read, in their order."""

    kind: str
    props: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    @property
    def full_name(self) -> str:
        """What makes the type distinct within a union."""
        return self.kind


@dataclass(slots=True, eq=False)
class Sequenced(AvroType):
    """array or map: `element` is the type of its items or values."""

    element: AvroType


@dataclass(slots=True, eq=False)
class Union(AvroType):
    branches: list[AvroType]


@dataclass(slots=True, eq=False)
class Named(AvroType):
    """record, error, enum or fixed. `namespace` is None for the null namespace; `aliases` are as written."""

    name: str
    namespace: str | None
    doc: str | None = None
    aliases: Sequence[str] = ()

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


@dataclass(slots=True, eq=False)
class Unresolved(Named):
    """A name used before its definition; only while parsing. `plain` is the name as written, `where` its place."""

    plain: str = ""
    where: str = ""


@dataclass(slots=True, eq=False)
class Enum(Named):
    symbols: Sequence[str] = ()
    default: str | None = None


@dataclass(slots=True, eq=False)
class Fixed(Named):
    size: int = 0


@dataclass(slots=True, eq=False)
class Field:
    name: str
    type: AvroType
    doc: str | None = None
    default: Any = ABSENT
    order: str = "ascending"
    aliases: Sequence[str] = ()
    props: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_default(self) -> bool:
        return self.default is not ABSENT


@dataclass(slots=True, eq=False)
class Record(Named):
    """`kind` is record or error. `by_name` finds a field by its name."""

    fields: Sequence[Field] = ()
    by_name: Mapping[str, Field] = field(default_factory=dict)
