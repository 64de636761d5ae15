"""A compatibility check in words: what breaks, for whom, at which field, and what change would make it fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.registry.avro.compatibility import Incompatibility, check_reader
from sandbox.registry.avro.parser import parse
from sandbox.registry.avro.types import AvroType, Enum, Field, Fixed, Named, Record, Union
from sandbox.registry.levels import Level

__all__ = ["Finding", "Verdict", "judge_avro"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that breaks. `breaks` is "readers" (consumers on the new schema meet old data) or "writers" (consumers
    still on the old schema meet data that is written with the new one); `where` is the field as a person names it."""

    breaks: str
    where: str
    what: str
    remedy: str

    def render(self) -> str:
        return f"{self.where}: {self.what}\n  → {self.remedy}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`version` is the old schema's number, if it is known."""

    level: Level
    findings: tuple[Finding, ...]
    version: int | None = None

    @property
    def is_compatible(self) -> bool:
        return not self.findings

    def render(self) -> str:
        """The verdict as a person reads it, several lines."""
        against = "the old schema" if self.version is None else f"version {self.version}"
        if self.is_compatible:
            return f"compatible with {against} ({self.level.name}): {_promise(self.level)}"
        lines = [f"not compatible with {against} ({self.level.name})"]
        for breaks, headline in (
            ("readers", f"consumers on the new schema cannot read data of {against}:"),
            ("writers", f"consumers still on {against} cannot read data of the new schema:"),
        ):
            found = [each for each in self.findings if each.breaks == breaks]
            if found:
                lines.append(headline)
                lines += ("  " + line for each in found for line in each.render().splitlines())
        return "\n".join(lines)


def judge_avro(
    new: str, old: str, level: Level = Level.BACKWARD, *, known: Sequence[Named] = (), version: int | None = None
) -> Verdict:
    """The verdict on an Avro schema against one older schema; `known` are types that references bring.

    Raises InvalidAvro, with the place, when either text is no schema.
    """
    newer, older = parse(new, known), parse(old, known, validate_defaults=False)
    findings: list[Finding] = []
    if level.new_reads_old:
        findings += (_finding(each, newer, reader_is_new=True) for each in check_reader(newer, older))
    if level.old_reads_new:
        findings += (_finding(each, older, reader_is_new=False) for each in check_reader(older, newer))
    return Verdict(level, tuple(findings), version)


def _promise(level: Level) -> str:
    if level.new_reads_old and level.old_reads_new:
        return "old and new consumers read old and new data"
    if level.new_reads_old:
        return "consumers on the new schema read old data; move consumers first"
    if level.old_reads_new:
        return "consumers on the old schema read new data; move producers first"
    return "nothing is checked"


def _finding(found: Incompatibility, reader: AvroType, *, reader_is_new: bool) -> Finding:
    where = _named_path(reader, found.path)
    what, remedy = _EXPLAIN[found.kind](found, reader_is_new)
    return Finding("readers" if reader_is_new else "writers", where, what, remedy)


def _named_path(type_: AvroType, path: str) -> str:
    """A JSON pointer into a schema with the names that people know: `RimFastEvent.vector_timestamp.event_ts_ms`."""
    named = type_.full_name.rpartition(".")[2] if isinstance(type_, Named) else type_.kind
    parts = [part for part in path.split("/") if part]
    position = 0
    while position < len(parts):
        part = parts[position]
        if part == "fields" and isinstance(type_, Record):
            field = type_.fields[int(parts[position + 1])]
            named, type_ = f"{named}.{field.name}", field.type
            position += 2
        elif part in ("items", "values") and (element := getattr(type_, "element", None)) is not None:
            named, type_ = f"{named}[{part}]", element
            position += 1
        elif part.isdigit() and isinstance(type_, Union) and int(part) < len(type_.branches):
            type_ = type_.branches[int(part)]
            position += 1
        else:
            position += 1
    return named


def _missing_default(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    field = _field(found.reader, found.detail)
    type_ = _words(field.type) if field else "its type"
    if reader_is_new:
        what = f"the new field has no default, so data written before it cannot be read ({type_})"
        return what, f"give {found.detail} a default, or make it optional: {_optional(field)}"
    what = f"the field is gone, and in the old schema it has no default to read instead ({type_})"
    return what, f"keep {found.detail}; or first give it a default in a version of its own, then remove it"


def _optional(field: Field | None) -> str:
    kind = field.type if field else None
    if isinstance(kind, Union):
        return '"default": null, with "null" as the first type of the union'
    return f'"type": ["null", {_reference(kind)}], "default": null'


def _type_mismatch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    new, old = (found.reader, found.writer) if reader_is_new else (found.writer, found.reader)
    what = f"{_words(found.writer)} was written, {_words(found.reader)} is read"
    remedy = f"keep {_words(old)}"
    if reader_is_new and not isinstance(new, Union):
        remedy += f"; or read both: [{_reference(old)}, {_reference(new)}]; or add a field under another name"
    else:
        remedy += ", and add the new type as a field under another name"
    return what, remedy


def _missing_branch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    branch = found.detail.rpartition(": ")[2].lower()
    side = "new" if reader_is_new else "old"
    what = f"{branch} was written, which the {side} union {_words(found.reader)} does not take"
    if reader_is_new:
        return what, f"keep {branch} in the union"
    return what, f"add {branch} to the union in a version that all consumers have before anybody writes it"


def _missing_symbols(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    enum = found.reader.full_name
    if reader_is_new:
        return f"enum {enum} lost the symbols {found.detail}", (
            f"keep them; or give the enum a default, which then stands for them: {_enum_default(found.reader)}"
        )
    return f"enum {enum} has new symbols {found.detail} that the old schema does not know", (
        f"give the enum a default in a version that all consumers have first: {_enum_default(found.reader)}"
    )


def _enum_default(type_: AvroType) -> str:
    symbols = type_.symbols if isinstance(type_, Enum) else ()
    chosen = next((each for each in symbols if each in ("UNKNOWN", "OTHER", "NONE")), symbols[0] if symbols else "…")
    return f'"default": "{chosen}"'


def _name_mismatch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    what = f"{found.writer.full_name} became {found.reader.full_name}" if reader_is_new else (
        f"{found.reader.full_name} became {found.writer.full_name}"
    )  # fmt: skip
    if reader_is_new:
        return what, f'add the old name as an alias: "aliases": ["{found.writer.full_name}"]'
    return what, f"keep the name {found.reader.full_name}: the old schema cannot have an alias for a name of the future"


def _size_mismatch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    written = found.writer.size if isinstance(found.writer, Fixed) else "?"
    read = found.reader.size if isinstance(found.reader, Fixed) else "?"
    return f"{written} bytes were written, {read} are read", "keep the size, or add a fixed under another name"


def _ambiguous(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    return f"several fields of the written data fit: {found.detail}", "keep only the alias that is meant"


_EXPLAIN = {
    "READER_FIELD_MISSING_DEFAULT_VALUE": _missing_default,
    "TYPE_MISMATCH": _type_mismatch,
    "MISSING_UNION_BRANCH": _missing_branch,
    "MISSING_ENUM_SYMBOLS": _missing_symbols,
    "NAME_MISMATCH": _name_mismatch,
    "FIXED_SIZE_MISMATCH": _size_mismatch,
    "AMBIGUOUS_ALIAS": _ambiguous,
}


def _field(type_: AvroType, name: str) -> Field | None:
    return type_.by_name.get(name) if isinstance(type_, Record) else None


def _words(type_: AvroType) -> str:
    if isinstance(type_, Union):
        return "[" + ", ".join(_words(branch) for branch in type_.branches) + "]"
    return f"{type_.kind} {type_.full_name}" if isinstance(type_, Named) else type_.kind


def _reference(type_: AvroType | None) -> str:
    """How the type is named in a union; a type without a name is written out in place of the dots."""
    if type_ is None or type_.kind in ("array", "map"):
        return "…"
    return f'"{type_.full_name}"'
