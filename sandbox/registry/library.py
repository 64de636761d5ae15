"""Schemas as read: resolves references, reads text, and keeps what was read lately."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.registry import refusal
from sandbox.registry.avro.tags import UnknownEntity, tagged
from sandbox.registry.definition import Definition, Reference
from sandbox.registry.formats import Format, InvalidSchema, Parsed, Referenced, format_of
from sandbox.registry.formats.avro import ParsedAvro
from sandbox.registry.state import RegistryState, StoredSchema, Version

__all__ = ["LARGE_CHARACTERS", "Library"]

KEPT = 200
MAX_DEPTH = 100
"""How far references of references are followed."""
LARGE_CHARACTERS = 50_000
"""Longer texts are read and compared in a thread, so that other requests need not wait."""


class Library:
    def __init__(self, state: RegistryState) -> None:
        self._state = state
        self._kept: OrderedDict[tuple[bytes, str], Parsed] = OrderedDict()

    @staticmethod
    def format(type_: str) -> Format:
        """Raises Refusal 42201 for a type that is not served."""
        format_ = format_of(type_)
        if format_ is None:
            raise refusal.invalid_schema(f"Invalid schema type {type_}")
        return format_

    async def read(self, subject: str, definition: Definition, *, is_new: bool = True) -> tuple[Definition, Parsed]:
        """A schema that somebody sent: with canonical text and pinned references. One that is not `is_new` passes with
        a bad default. Raises Refusal 42201."""
        format_ = self.format(definition.type)
        pinned = tuple(self._pin(subject, each) for each in definition.references)
        referenced = self.referenced(subject, pinned)
        try:
            if len(definition.text) > LARGE_CHARACTERS:
                parsed = await asyncio.to_thread(format_.parse, definition.text, referenced, is_new=is_new)
            else:
                parsed = format_.parse(definition.text, referenced, is_new=is_new)
        except InvalidSchema as error:
            shown = "" if not pinned else f" with refs {[each.to_json() for each in pinned]}"
            message = f"Invalid schema of type {definition.type}{shown}, details: {error.message}"
            raise refusal.invalid_schema(message, hint=error.hint) from None
        _require_text(parsed.canonical)
        read = Definition(definition.type, parsed.canonical, pinned, definition.metadata, definition.rule_set)
        return read, parsed

    async def retagged(
        self,
        subject: str,
        definition: Definition,
        add: Mapping[str, Sequence[str]],
        remove: Mapping[str, Sequence[str]],
    ) -> Definition:
        """The schema with tags put on and taken off. Raises Refusal 42201; only Avro schemas carry tags here."""
        read, parsed = await self.read(subject, definition)
        if not isinstance(parsed, ParsedAvro):
            raise refusal.invalid_schema(f"Tags of {definition.type} schemas cannot be changed here")
        try:
            return replace(read, text=parsed.retagged(add, remove))
        except UnknownEntity as error:
            raise refusal.invalid_schema(f"No record or field {error} to tag") from None

    def parsed(self, version: Version) -> Parsed:
        """A stored version as read. Raises Refusal 42201 when it cannot be read (another registry wrote it)."""
        key = (version.schema.fingerprint, version.subject if version.schema.definition.references else "")
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        parsed = self._read_stored(version.subject, version.schema)
        self._kept[key] = parsed
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return parsed

    def formatted(self, subject: str, stored: StoredSchema, form: str) -> str:
        """The stored schema in another form (`resolved`, `serialized`…) if its type has it, else as it is."""
        forms = self._read_stored(subject, stored).forms
        return forms[form]() if form in forms else stored.definition.text

    def tagged(self, subject: str, stored: StoredSchema, wanted: Collection[str]) -> list[dict[str, Any]]:
        """What of an Avro schema carries one of the wanted tags; nothing of other types is tagged here."""
        parsed = self._read_stored(subject, stored)
        return tagged(parsed.type, wanted) if isinstance(parsed, ParsedAvro) else []

    def _read_stored(self, subject: str, stored: StoredSchema) -> Parsed:
        definition = stored.definition
        format_ = self.format(definition.type)
        try:
            return format_.parse(definition.text, self.referenced(subject, definition.references), is_new=False)
        except InvalidSchema as error:
            message = f"The stored schema {stored.id} cannot be read: {error.message}"
            raise refusal.invalid_schema(message) from None

    def _pin(self, subject: str, reference: Reference) -> Reference:
        """A reference to the latest version (-1) as one to its number."""
        if reference.version != -1:
            return reference
        latest = self._state.latest(self._state.referenced_subject(subject, reference.subject))
        if latest is None:
            raise _unknown(reference)
        return Reference(reference.name, reference.subject, latest.number)

    def referenced(self, subject: str, references: Sequence[Reference]) -> list[Referenced]:
        """What `references` name, and what those name in turn, in the order they build on each other.

        Raises Refusal 42201 for a reference to nothing, and for one that leads back to itself.
        """
        found: dict[str, Referenced] = {}
        self._collect(subject, references, found, [])
        return list(found.values())

    def _collect(
        self, subject: str, references: Sequence[Reference], found: dict[str, Referenced], path: list[tuple[str, int]]
    ) -> None:
        for reference in references:
            target = self._state.referenced_subject(subject, reference.subject)
            place = (target, reference.version)
            version = self._state.version(*place)
            if version is None:
                raise _unknown(reference)
            if place in path:
                raise refusal.invalid_schema(f"The reference {reference.name} leads back to itself")
            if len(path) > MAX_DEPTH:
                raise refusal.invalid_schema(f"References are nested more than {MAX_DEPTH} deep, at {reference.name}")
            if reference.name not in found:
                self._collect(target, version.schema.definition.references, found, [*path, place])
                found[reference.name] = Referenced(reference.name, version.schema.definition.text)


def _require_text(text: str) -> None:
    """Raises Refusal 42201 for half a surrogate pair, which is no text that UTF-8 or another client could hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise refusal.invalid_schema(
            f"Invalid schema, details: {error.object[error.start]!r} is no character"
        ) from None


def _unknown(reference: Reference) -> refusal.Refusal:
    which = f'subject "{reference.subject}" and version {reference.version}'
    return refusal.invalid_schema(f"Invalid schema, details: No schema reference found for {which}")
