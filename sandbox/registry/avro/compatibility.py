"""Whether data written with one schema can be read with another: the rules, order and words of Java Avro's
`SchemaCompatibility` (1.12), which Confluent's registry goes by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.registry.avro.types import AvroType, Enum, Field, Fixed, Named, Record, Sequenced, Union

__all__ = ["PROBLEM_LIMIT", "Incompatibility", "check_reader"]

PROBLEM_LIMIT = 1_000
"""A type that is used again brings its problems again, so a few lines of schema could have more than memory holds."""
WIDE_UNION = 50
"""In wider unions only branches whose name may fit are looked at. Java looks at all of them, in a time that grows with
the square of their number; only the path of a problem that a type has in several places can show the difference."""

UNNAMED, ALIASED = "", "*"

_PROMOTIONS = {
    "long": {"int"},
    "float": {"int", "long"},
    "double": {"int", "long", "float"},
    "bytes": {"string"},
    "string": {"bytes"},
}


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One reason why `reader` cannot read what `writer` wrote. `kind` is Java's word for it, `path` a JSON pointer
    into the reader (`/fields/0/type`), `detail` its data (a field name, the missing symbols…)."""

    kind: str
    path: str
    detail: str
    reader: AvroType
    writer: AvroType


def check_reader(reader: AvroType, writer: AvroType) -> list[Incompatibility]:
    """What keeps `reader` from reading data of `writer`, at most PROBLEM_LIMIT of it; empty when it can."""
    return _Checker().check(reader, writer, "")


class _Checker:
    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], list[Incompatibility]] = {}
        self._by_name: dict[int, dict[str, list[AvroType]]] = {}

    def check(self, reader: AvroType, writer: AvroType, path: str) -> list[Incompatibility]:
        """A pair that is being looked at counts as compatible, which ends recursion."""
        pair = (id(reader), id(writer))
        found = self._seen.get(pair)
        if found is None:
            self._seen[pair] = []
            found = self._seen[pair] = self._compare(reader, writer, path)[:PROBLEM_LIMIT]
        return found

    def _compare(self, reader: AvroType, writer: AvroType, path: str) -> list[Incompatibility]:
        if isinstance(writer, Union):
            return self._writer_union(reader, writer, path)
        if isinstance(reader, Union):
            if any(not self._apart(branch, writer) for branch in self._branches(reader, writer)):
                return []
            return [_missing_branch(reader, writer, writer, path)]
        if isinstance(reader, Record) and isinstance(writer, Record):
            return _name_mismatch(reader, writer, path) + self._fields(reader, writer, path)
        if reader.kind != writer.kind:
            return [] if writer.kind in _PROMOTIONS.get(reader.kind, ()) else [_type_mismatch(reader, writer, path)]
        if isinstance(reader, Sequenced) and isinstance(writer, Sequenced):
            member = "items" if reader.kind == "array" else "values"
            return self.check(reader.element, writer.element, f"{path}/{member}")
        if isinstance(reader, Enum) and isinstance(writer, Enum):
            return _name_mismatch(reader, writer, path) + _missing_symbols(reader, writer, path)
        if isinstance(reader, Fixed) and isinstance(writer, Fixed):
            return _name_mismatch(reader, writer, path) + _size_mismatch(reader, writer, path)
        return []

    def _writer_union(self, reader: AvroType, writer: Union, path: str) -> list[Incompatibility]:
        found: list[Incompatibility] = []
        for index, branch in enumerate(writer.branches):
            if len(found) >= PROBLEM_LIMIT:
                break
            place = f"{path}/{index}"
            if not isinstance(reader, Union):
                found += self.check(reader, branch, place)
            elif self._apart(reader, branch):
                found.append(_missing_branch(reader, writer, branch, place))
        return found

    def _branches(self, reader: Union, writer: AvroType) -> Sequence[AvroType]:
        """The branches that `writer` may fit into."""
        if len(reader.branches) <= WIDE_UNION:
            return reader.branches
        if (by_name := self._by_name.get(id(reader))) is None:
            by_name = self._by_name[id(reader)] = {}
            for branch in reader.branches:
                aliased = isinstance(branch, Named) and branch.aliases
                by_name.setdefault(ALIASED if aliased else _simple_name(branch), []).append(branch)
        return [*by_name.get(_simple_name(writer), ()), *by_name.get(ALIASED, ())]

    def _apart(self, reader: AvroType, writer: AvroType) -> list[Incompatibility]:
        """The same check where only yes or no counts."""
        return self.check(reader, writer, "")

    def _fields(self, reader: Record, writer: Record, path: str) -> list[Incompatibility]:
        found: list[Incompatibility] = []
        for index, field in enumerate(reader.fields):
            if len(found) >= PROBLEM_LIMIT:
                break
            place = f"{path}/fields/{index}"
            sources = _writer_fields(field, writer)
            if len(sources) > 1:
                detail = f"{field.name} matches {' and '.join(source.name for source in sources)}"
                found.append(Incompatibility("AMBIGUOUS_ALIAS", f"{place}/aliases", detail, reader, writer))
            elif sources:
                found += self.check(field.type, sources[0].type, f"{place}/type")
            elif not field.has_default:
                if isinstance(field.type, Enum) and field.type.default is not None:
                    found += self.check(field.type, writer, f"{place}/type")
                else:
                    kind = "READER_FIELD_MISSING_DEFAULT_VALUE"
                    found.append(Incompatibility(kind, place, field.name, reader, writer))
        return found


def _simple_name(type_: AvroType) -> str:
    return type_.name if isinstance(type_, Named) else UNNAMED


def _writer_fields(field: Field, writer: Record) -> list[Field]:
    """The writer's fields that a reader's field could take its value from, by name and by alias.

    Java Avro throws when there are several, even if they are one and the same; the registry says so instead.
    """
    sources = (writer.by_name.get(name) for name in (field.name, *field.aliases))
    return [source for source in sources if source is not None]


def _name_mismatch(reader: Named, writer: Named, path: str) -> list[Incompatibility]:
    """Unqualified names must be the same, unless an alias of the reader is the writer's full name."""
    if reader.name == writer.name or writer.full_name in _full_aliases(reader):
        return []
    detail = f"expected: {writer.full_name}"
    return [Incompatibility("NAME_MISMATCH", f"{path}/name", detail, reader, writer)]


def _full_aliases(type_: Named) -> set[str]:
    return {alias if "." in alias or not type_.namespace else f"{type_.namespace}.{alias}" for alias in type_.aliases}


def _missing_symbols(reader: Enum, writer: Enum, path: str) -> list[Incompatibility]:
    missing = sorted(set(writer.symbols) - set(reader.symbols))
    if not missing or reader.default is not None:
        return []
    detail = f"[{', '.join(missing)}]"
    return [Incompatibility("MISSING_ENUM_SYMBOLS", f"{path}/symbols", detail, reader, writer)]


def _size_mismatch(reader: Fixed, writer: Fixed, path: str) -> list[Incompatibility]:
    if reader.size == writer.size:
        return []
    detail = f"expected: {writer.size}, found: {reader.size}"
    return [Incompatibility("FIXED_SIZE_MISMATCH", f"{path}/size", detail, reader, writer)]


def _missing_branch(reader: Union, writer: AvroType, branch: AvroType, path: str) -> Incompatibility:
    detail = f"reader union lacking writer type: {_java_type(branch)}"
    return Incompatibility("MISSING_UNION_BRANCH", path or "/", detail, reader, writer)


def _type_mismatch(reader: AvroType, writer: AvroType, path: str) -> Incompatibility:
    detail = f"reader type: {_java_type(reader)} not compatible with writer type: {_java_type(writer)}"
    return Incompatibility("TYPE_MISMATCH", path or "/", detail, reader, writer)


def _java_type(type_: AvroType) -> str:
    return "RECORD" if type_.kind == "error" else type_.kind.upper()
