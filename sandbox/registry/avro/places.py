"""The places of an Avro schema, by the names that people give them: `.vector_timestamp.event_ts_ms`, `.tags[items]`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.registry.avro.types import AvroType, Enum, Field, Fixed, Named, Record, Sequenced, Union
from sandbox.registry.formats import Places

__all__ = ["SEQUENCES", "places", "title", "words"]

SEQUENCES = {"array": "[items]", "map": "[values]"}


def places(root: AvroType) -> Places:
    """Each place once: a type that was met before is not walked again."""
    found = {"": {"type": words(root), **_named_aspects(root)}}
    found.update(_inside(root, "", set()))
    return Places(title(root), found)


def title(type_: AvroType) -> str:
    """What the schema as a whole is called."""
    return type_.name if isinstance(type_, Named) else type_.kind


def words(type_: AvroType, *, short: bool = False) -> str:
    """The type in one line; `short` without namespaces."""
    if isinstance(type_, Union):
        return "[" + ", ".join(words(branch, short=short) for branch in type_.branches) + "]"
    if isinstance(type_, Sequenced):
        return f"{type_.kind} of {words(type_.element, short=short)}"
    named = isinstance(type_, Named)
    shown = f"{type_.kind} {type_.name if short else type_.full_name}" if named else type_.kind
    props = ", ".join(
        f"{key} {value if isinstance(value, str) else _json(value)}" for key, value in type_.props.items()
    )
    return f"{shown} ({props})" if props else shown


def _inside(type_: AvroType, path: str, seen: set[int]) -> Iterator[tuple[str, dict[str, str]]]:
    found = list(_named_in(type_))
    for below, each in found:
        if id(each) in seen or not isinstance(each, Record):
            continue
        seen.add(id(each))
        inner = f"{path}{below}" + (f"<{each.name}>" if len(found) > 1 else "")
        for field in each.fields:
            place = f"{inner}.{field.name}"
            yield place, _field_aspects(field)
            yield from _inside(field.type, place, seen)


def _named_in(type_: AvroType) -> Iterator[tuple[str, Named]]:
    """The named types that a type holds directly, within unions, arrays and maps, and where."""
    if isinstance(type_, Named):
        yield "", type_
    elif isinstance(type_, Union):
        for branch in type_.branches:
            yield from _named_in(branch)
    elif isinstance(type_, Sequenced):
        for below, each in _named_in(type_.element):
            yield f"{SEQUENCES[type_.kind]}{below}", each


def _field_aspects(field: Field) -> dict[str, str]:
    aspects = {"type": words(field.type)}
    if field.has_default:
        aspects["default"] = _json(field.default)
    if field.doc is not None:
        aspects["doc"] = _json(field.doc)
    if field.aliases:
        aspects["aliases"] = ", ".join(field.aliases)
    if field.order != "ascending":
        aspects["order"] = field.order
    aspects.update((key, _json(value)) for key, value in field.props.items())
    for _, named in _named_in(field.type):
        aspects.update((f"{named.name} {key}", value) for key, value in _named_aspects(named).items())
    return aspects


def _named_aspects(type_: AvroType) -> dict[str, str]:
    aspects: dict[str, str] = {}
    if isinstance(type_, Named):
        if type_.doc is not None:
            aspects["doc"] = _json(type_.doc)
        if type_.aliases:
            aspects["aliases"] = ", ".join(type_.aliases)
    if isinstance(type_, Enum):
        aspects["symbols"] = ", ".join(type_.symbols)
        if type_.default is not None:
            aspects["default"] = type_.default
    if isinstance(type_, Fixed):
        aspects["size"] = str(type_.size)
    return aspects


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
