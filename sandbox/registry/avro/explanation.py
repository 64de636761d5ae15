"""Incompatibilities of Avro schemas in words: the field as people name it, what breaks there, and the way out."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.registry.avro.compatibility import Incompatibility, check_reader
from sandbox.registry.avro.places import SEQUENCES, title, words
from sandbox.registry.avro.types import AvroType, Enum, Field, Fixed, Named, Record, Sequenced, Union
from sandbox.registry.formats import Explanation

__all__ = ["explain"]

WIDER = {
    "int": "long, float or double",
    "long": "float or double",
    "float": "double",
    "bytes": "string",
    "string": "bytes",
}
"""What a newer reader may make of a type without losing what was written with it."""
STAND_INS = ("UNKNOWN", "OTHER", "NONE")


def explain(reader: AvroType, writer: AvroType, *, reader_is_new: bool) -> list[Explanation]:
    """One explanation for everything that keeps `reader` from reading data of `writer`."""
    return [
        Explanation(_place(reader, found.path), *_EXPLAIN[found.kind](found, reader_is_new))
        for found in check_reader(reader, writer)
    ]


def _place(type_: AvroType, path: str) -> str:
    """A JSON pointer into a schema with the names that people know: `RimFastEvent.vector_timestamp.event_ts_ms`."""
    named = title(type_)
    parts = iter([part for part in path.split("/") if part])
    for part in parts:
        if part == "fields" and isinstance(type_, Record):
            field = type_.fields[int(next(parts))]
            named, type_ = f"{named}.{field.name}", field.type
        elif part in ("items", "values") and isinstance(type_, Sequenced):
            named, type_ = f"{named}{SEQUENCES[type_.kind]}", type_.element
        elif part.isdigit() and isinstance(type_, Union) and int(part) < len(type_.branches):
            type_ = type_.branches[int(part)]
    return named


def _missing_default(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    field = found.reader.by_name[found.detail] if isinstance(found.reader, Record) else None
    type_ = _words(field.type) if field else "its type"
    if reader_is_new:
        what = f"the new field has no default, so records written before it cannot be read ({type_})"
        remedy = f"give {found.detail} a default, or make it optional: {_optional(field)}"
        former = _former(found)
        return what, f'{remedy}; or, if {former} was renamed: "aliases": ["{former}"]' if former else remedy
    what = f"the field is gone, and in the old schema it has no default to read instead ({type_})"
    return what, f"keep {found.detail}; or first give it a default in a version of its own, then remove it"


def _former(found: Incompatibility) -> str | None:
    """The one field of the written record that is gone and had the new field's type."""
    reader, writer = found.reader, found.writer
    if not (isinstance(reader, Record) and isinstance(writer, Record)):
        return None
    wanted = words(reader.by_name[found.detail].type)
    gone = [each for each in writer.fields if each.name not in reader.by_name and words(each.type) == wanted]
    return gone[0].name if len(gone) == 1 else None


def _optional(field: Field | None) -> str:
    if field is not None and isinstance(field.type, Union):
        return '"default": null, with "null" as the first type of the union'
    return f'"type": ["null", {_reference(field.type if field else None)}], "default": null'


def _type_mismatch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    reader, writer = _words(found.reader), _words(found.writer)
    what = f"{writer} was written, {reader} is read" if reader_is_new else f"{writer} is written, {reader} is read"
    if found.writer.kind == "null":
        if reader_is_new:
            return what, f'keep it optional: ["null", {_reference(found.reader)}]'
        return what, f"keep it {reader}; or first let all consumers have a version that allows null"
    if not reader_is_new:
        return what, f"keep {reader}, and add the new type as a field under another name"
    if isinstance(found.reader, Union):
        return what, f"keep {writer}, or add it to the union"
    wider = f", or widen it to {WIDER[found.writer.kind]} instead" if found.writer.kind in WIDER else ""
    both = f"[{_reference(found.writer)}, {_reference(found.reader)}]"
    return what, f"keep {writer}{wider}; or read both: {both}; or add a field under another name"


def _missing_branch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    branch = found.detail.rpartition(": ")[2].lower()
    if reader_is_new:
        what = f"{branch} was written, which the new union {_words(found.reader)} does not take"
        return what, f"keep {branch} in the union"
    what = f"{branch} is written, which the old union {_words(found.reader)} does not take"
    return what, f"add {branch} to the union in a version that all consumers have before anybody writes it"


def _missing_symbols(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    symbols = found.detail.strip("[]")
    several = "symbols" if "," in symbols else "symbol"
    enum = title(found.reader)
    if reader_is_new:
        return f"enum {enum} lost the {several} {symbols}", (
            f"keep {symbols}; or give the enum a default, which then stands in: {_enum_default(found.reader)}"
        )
    return f"enum {enum} has the new {several} {symbols}, which the old schema does not know", (
        f"give the enum a default in a version that all consumers have first: {_enum_default(found.reader)}"
    )


def _enum_default(type_: AvroType) -> str:
    symbols = type_.symbols if isinstance(type_, Enum) else ()
    return f'"default": "{next((each for each in symbols if each in STAND_INS), symbols[0] if symbols else "…")}"'


def _name_mismatch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    if reader_is_new:
        what = f"{found.writer.full_name} became {found.reader.full_name}"
        return what, f'add the old name as an alias: "aliases": ["{found.writer.full_name}"]'
    what = f"{found.reader.full_name} became {found.writer.full_name}"
    return what, f"keep the name {found.reader.full_name}: the old schema cannot have an alias for a name of the future"


def _size_mismatch(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    written = found.writer.size if isinstance(found.writer, Fixed) else "?"
    read = found.reader.size if isinstance(found.reader, Fixed) else "?"
    return f"{written} bytes were written, {read} are read", "keep the size, or add a fixed under another name"


def _ambiguous(found: Incompatibility, reader_is_new: bool) -> tuple[str, str]:
    return f"several fields of what was written fit: {found.detail}", "keep only the alias that is meant"


_EXPLAIN: dict[str, Callable[[Incompatibility, bool], tuple[str, str]]] = {
    "READER_FIELD_MISSING_DEFAULT_VALUE": _missing_default,
    "TYPE_MISMATCH": _type_mismatch,
    "MISSING_UNION_BRANCH": _missing_branch,
    "MISSING_ENUM_SYMBOLS": _missing_symbols,
    "NAME_MISMATCH": _name_mismatch,
    "FIXED_SIZE_MISMATCH": _size_mismatch,
    "AMBIGUOUS_ALIAS": _ambiguous,
}


def _words(type_: AvroType) -> str:
    return words(type_, short=True)


def _reference(type_: AvroType | None) -> str:
    """How the type is named in a union; a type without a name is written out in place of the dots."""
    if type_ is None or isinstance(type_, Sequenced | Union):
        return "…"
    return f'"{type_.full_name if isinstance(type_, Named) else type_.kind}"'
