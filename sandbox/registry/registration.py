"""Registers schemas, finds them again and checks them against what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.clock import Clock
from sandbox.events.facts import FactSink, SchemaRegistered
from sandbox.registry import refusal
from sandbox.registry.definition import Definition
from sandbox.registry.formats import Parsed, Unchecked
from sandbox.registry.levels import check, looked_at
from sandbox.registry.library import LARGE_CHARACTERS, Library
from sandbox.registry.locks import NamedLocks
from sandbox.registry.records import SchemaValue, context_record
from sandbox.registry.settings import Mode, Settings
from sandbox.registry.state import RegistryState, Version
from sandbox.registry.subject_name import DEFAULT_CONTEXT, context_of, normalised, validated
from sandbox.registry.writer import LogWriter, LostRace

__all__ = ["Registration", "Wanted"]

TRIES = 20
"""How often a registration starts again because another instance wrote first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client sent. `id` and `version` are None unless it chose them (IMPORT)."""

    subject: str
    definition: Definition
    id: int | None = None
    version: int | None = None
    normalize: bool = False


class Registration:
    def __init__(
        self,
        state: RegistryState,
        writer: LogWriter,
        library: Library,
        settings: Settings,
        locks: NamedLocks,
        facts: FactSink,
        clock: Clock,
    ) -> None:
        self._state = state
        self._writer = writer
        self._library = library
        self._settings = settings
        self._locks = locks
        self._facts = facts
        self._clock = clock
        self._reserved: dict[str, int] = {}

    async def register(self, wanted: Wanted) -> Version:
        """The version under which the schema is (now) registered; the same one for the same schema.

        Raises Refusal 40901, 42201, 42205, 42207, 42208, 42209, 50002, 50003.
        """
        subject = validated(wanted.subject)
        self._writer.require_ready("register")
        definition = self._filled_in(subject, wanted.definition)
        definition, parsed = await self._read(wanted, definition, is_new=wanted.id is None)
        if existing := self._existing(subject, definition, wanted):
            return existing
        names = [subject, f"\0{context_of(subject)}\0{definition.fingerprint().hex()}"]
        names += (self._state.referenced_subject(subject, each.subject) for each in definition.references)
        async with self._locks.hold(*names):
            for _ in range(TRIES):
                if existing := self._existing(subject, definition, wanted):
                    return existing
                try:
                    return await self._add(subject, definition, parsed, wanted)
                except LostRace:
                    continue
        raise refusal.store_failed(f"other instances were first {TRIES} times")

    def _filled_in(self, subject: str, definition: Definition) -> Definition:
        """Metadata and rules that a client leaves out are those of the newest version; so is an empty text."""
        latest = self._state.latest(subject)
        previous = latest.schema.definition if latest else None
        if not definition.text.strip():
            if previous is None:
                raise refusal.invalid_schema("Empty schema")
            definition = replace(definition, type=previous.type, text=previous.text, references=previous.references)
        if previous is not None:
            definition = replace(
                definition,
                metadata=definition.metadata if definition.metadata is not None else previous.metadata,
                rule_set=definition.rule_set if definition.rule_set is not None else previous.rule_set,
            )
        return definition

    async def _read(self, wanted: Wanted, definition: Definition, *, is_new: bool) -> tuple[Definition, Parsed]:
        subject = normalised(wanted.subject)
        definition, parsed = await self._library.read(subject, definition, is_new=is_new)
        if wanted.normalize or self._settings.config_in_scope(subject).get("normalize") is True:
            references = tuple(sorted(set(definition.references), key=lambda each: (each.name, each.subject)))
            definition = replace(definition, text=parsed.normalised, references=references)
        return definition, parsed

    def _existing(self, subject: str, definition: Definition, wanted: Wanted) -> Version | None:
        if wanted.version is not None:
            return None
        found = self._same(subject, definition, deleted=False)
        if found is not None and wanted.id is not None and found.schema.id != wanted.id:
            given = f"Schema already registered with id {found.schema.id} instead of input id {wanted.id}"
            raise refusal.id_mismatch(given)
        return found

    def _same(self, subject: str, definition: Definition, *, deleted: bool) -> Version | None:
        fingerprint = definition.fingerprint()
        if fingerprint not in self._state.context(context_of(subject)).by_fingerprint:
            return None
        newest_first = reversed(self._state.versions(subject, deleted=deleted))
        return next((each for each in newest_first if each.schema.fingerprint == fingerprint), None)

    async def _add(self, subject: str, definition: Definition, parsed: Parsed, wanted: Wanted) -> Version:
        mode = self._require_mode(subject, wanted)
        position = self._state.position
        every = self._state.versions(subject, deleted=True)
        if not mode.takes_ids:
            await self._require_compatible(subject, definition, parsed)
        number = every[-1].number + 1 if every else 1
        if wanted.version is not None:
            if not mode.takes_ids and wanted.version != number:
                raise refusal.invalid_schema("Version is not one more than previous version")
            number = wanted.version
        await self._announce_context(context_of(subject))
        if self._state.position != position and _places(self._state.versions(subject, deleted=True)) != _places(every):
            raise LostRace("another instance wrote while this one looked")
        schema_id = self._id_for(subject, definition, wanted)
        value = SchemaValue(subject, number, schema_id, definition)
        await self._put(value, forced=mode.takes_ids)
        await self._drop_deleted(every, value)
        self._facts.record(
            SchemaRegistered(
                at_ms=self._clock.now_ms(),
                source="schema-registry",
                subject=subject,
                version=number,
                schema_id=schema_id,
            )
        )
        registered = self._state.version(subject, number)
        if registered is None:
            raise LostRace("deleted again at once")
        return registered

    async def _put(self, value: SchemaValue, *, forced: bool) -> None:
        try:
            await self._writer.put_version(value, "register", forced=forced)
        except LostRace:
            if forced:
                raise _overwrite(value.id) from None
            raise

    def _require_mode(self, subject: str, wanted: Wanted) -> Mode:
        self._settings.require_writable(subject)
        mode = self._settings.mode_in_scope(subject)
        if wanted.id is not None and not mode.takes_ids:
            raise refusal.not_permitted(f"Subject {subject} is not in import mode")
        if wanted.id is None and mode is not Mode.READWRITE:
            raise refusal.not_permitted(f"Subject {subject} is not in read-write mode")
        return mode

    def _id_for(self, subject: str, definition: Definition, wanted: Wanted) -> int:
        """The id of the same schema in this context, the chosen one, or the next that nobody has."""
        name = context_of(subject)
        context = self._state.context(name)
        fingerprint = definition.fingerprint()
        if wanted.id is not None:
            holder = context.by_id.get(wanted.id)
            if holder is not None and holder.fingerprint != fingerprint:
                raise _overwrite(wanted.id)
            return wanted.id
        if (twin := context.by_fingerprint.get(fingerprint)) is not None:
            return twin.id
        reserved = max(context.max_id, self._reserved.get(name, 0)) + 1
        if reserved > refusal.MAX_ID:
            raise refusal.store_failed("no schema ids are left")
        self._reserved[name] = reserved
        return reserved

    async def _announce_context(self, context: str) -> None:
        if context != DEFAULT_CONTEXT and context not in self._state.contexts:
            await self._writer.append(*context_record(context), "register")

    async def _drop_deleted(self, every: Sequence[Version], added: SchemaValue) -> None:
        """Soft-deleted versions of the same schema make way for the new one."""
        for old in every:
            if old.deleted and old.schema.id == added.id and old.number < added.version:
                try:
                    await self._writer.remove_version((old.subject, old.number), "register")
                except LostRace:
                    continue

    # Look-up and checks

    async def look_up(self, wanted: Wanted, *, deleted: bool) -> Version:
        """The version that holds the schema. Raises Refusal 40401, 40403, 42201."""
        subject = wanted.subject
        if not self._state.versions(subject, deleted=deleted):
            raise refusal.subject_not_found(subject)
        if not wanted.definition.text.strip():
            raise refusal.invalid_schema("Empty schema")
        definition, _ = await self._read(wanted, wanted.definition, is_new=False)
        found = self._same(subject, definition, deleted=deleted)
        if found is None and definition.metadata is None and definition.rule_set is None:
            newest_first = reversed(self._state.versions(subject, deleted=deleted))
            found = next((each for each in newest_first if _same_text(each.schema.definition, definition)), None)
        if found is None:
            raise refusal.schema_not_found()
        return found

    async def check(self, wanted: Wanted, against: Sequence[Version] | None) -> list[str]:
        """Messages of what does not fit, empty if everything does. `against` None: whatever the level looks at.

        Raises Refusal 42201.
        """
        subject = wanted.subject
        if not wanted.definition.text.strip():
            raise refusal.invalid_schema("Empty schema")
        definition = self._filled_in(subject, wanted.definition)
        definition, parsed = await self._read(wanted, definition, is_new=True)
        previous = self._state.versions(subject) if against is None else against
        return await self._messages(subject, definition, parsed, previous)

    async def _require_compatible(self, subject: str, definition: Definition, parsed: Parsed) -> None:
        messages = await self._messages(subject, definition, parsed, self._state.versions(subject))
        if messages:
            raise refusal.incompatible(subject, messages)

    async def _messages(
        self, subject: str, definition: Definition, parsed: Parsed, previous: Sequence[Version]
    ) -> list[str]:
        config = self._settings.config_in_scope(subject)
        level = self._settings.level(subject)
        group = config.get("compatibilityGroup")
        if group:
            previous = [each for each in previous if _group(each.schema.definition, group) == _group(definition, group)]
        format_ = Library.format(definition.type)
        read = self._library.parsed
        try:
            if format_.works_long or len(definition.text) > LARGE_CHARACTERS:
                known = {each.number: read(each) for each in looked_at(level, previous)}
                messages = await asyncio.to_thread(
                    check, level, format_, definition.type, parsed, previous, lambda each: known[each.number]
                )
            else:
                messages = check(level, format_, definition.type, parsed, previous, read)
        except Unchecked as error:
            raise refusal.invalid_schema(error.message, hint=error.hint) from None
        if messages:
            validates = str(bool(config.get("validateFields", False))).lower()
            messages.append(f"{{validateFields: '{validates}', compatibility: '{level.name}'}}")
        return messages


def _places(versions: Sequence[Version]) -> list[tuple[int, int]]:
    return [(each.number, each.offset) for each in versions]


def _same_text(stored: Definition, given: Definition) -> bool:
    return stored.text == given.text and stored.references == given.references


def _group(definition: Definition, group: str) -> Any:
    properties = (definition.metadata or {}).get("properties")
    return properties.get(group) if isinstance(properties, Mapping) else None


def _overwrite(schema_id: int) -> refusal.Refusal:
    return refusal.not_permitted(f"Overwrite new schema with id {schema_id} is not permitted.")
