"""The registry's state as the log tells it: the same records in the same order give every instance the same state.

Conflicts between instances are decided here, by log order, never by who answered first:

* An id belongs to the schema of the first record that claimed it. A later record that claims it for another schema is
  rejected (Confluent's registry ignores such a record too).
* A record written by one of our registries carries its `base`: the offset at which its writer last saw the key change.
  When another record changed the key in between, the later one is rejected. It is rejected as well when its schema
  got another id meanwhile, so that one schema keeps one id.

A rejected record stays in the log, where compaction could one day keep it and drop the winner. So its writer repairs
the key at once: it writes what holds true, with the rejected record as base. `unrepaired` names keys still waiting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.registry.definition import Definition
from sandbox.registry.ports import LogRecord
from sandbox.registry.records import (
    Poisoned,
    SchemaValue,
    base_of,
    read_key,
    read_max_ids,
    read_schema_value,
    read_value,
)
from sandbox.registry.subject_name import context_of, is_context, normalised, qualified

__all__ = ["Context", "RegistryState", "StoredSchema", "Version"]

Place = tuple[str, int]
"""A subject and a version in it."""


@dataclass(slots=True, eq=False)
class StoredSchema:
    """A schema under its id; `uses` are the (subject, version) that hold it, soft-deleted ones too."""

    id: int
    definition: Definition
    fingerprint: bytes
    uses: list[Place]


@dataclass(slots=True, eq=False)
class Version:
    """`offset` and `timestamp_ms` are those of the record that gave it its present form."""

    subject: str
    number: int
    schema: StoredSchema
    deleted: bool
    offset: int
    timestamp_ms: int


@dataclass(slots=True, eq=False)
class Context:
    """The ids of one context. `max_id` is the highest ever seen, whether still in use or not."""

    by_id: dict[int, StoredSchema] = field(default_factory=dict)
    by_fingerprint: dict[bytes, StoredSchema] = field(default_factory=dict)
    max_id: int = 0


class RegistryState:
    """Everything the log says; changed by `apply` only."""

    def __init__(self) -> None:
        self.position = 0
        self.contexts: dict[str, Context] = {}
        self.subjects: dict[str, dict[int, Version]] = {}
        """Versions by subject and number, in the order of the numbers."""
        self.configs: dict[str | None, Mapping[str, Any]] = {}
        self.modes: dict[str | None, str] = {}
        self.referrers: dict[Place, set[Place]] = {}
        self.unrepaired: dict[Place, int] = {}
        self._tombstones: dict[Place, int] = {}

    # Applying records

    def apply(self, record: LogRecord) -> str | None:
        """Take in one record; returns why it was rejected, or None. Offsets seen before are ignored.

        Raises Poisoned for a record that is none of the registry's; the state is as before, its offset counts as seen.
        """
        if record.offset < self.position:
            return None
        self.position = record.offset + 1
        key = read_key(record)
        keytype, subject = key["keytype"], key.get("subject")
        if keytype == "NOOP":
            for name, max_id in read_max_ids(record).items():
                context = self.contexts.setdefault(name, Context())
                context.max_id = max(context.max_id, max_id)
            return None
        if keytype == "SCHEMA":
            return self._apply_schema(key, record)
        if subject is not None and not isinstance(subject, str):
            raise Poisoned("the key's subject must be a string")
        subject = normalised(subject) if subject is not None else None
        if keytype == "CONFIG":
            self._apply_setting(self.configs, subject, record, _config_of)
        elif keytype == "MODE":
            self._apply_setting(self.modes, subject, record, _mode_of)
        elif keytype == "DELETE_SUBJECT" and subject is not None:
            self._apply_delete_subject(subject, record)
        elif keytype == "CLEAR_SUBJECT":
            self._apply_clear_subject(subject, record)
        elif keytype != "CONTEXT":
            raise Poisoned(f"unknown keytype {keytype!r}")
        return None

    def _apply_schema(self, key: Mapping[str, Any], record: LogRecord) -> str | None:
        subject, number = key.get("subject"), key.get("version")
        if not isinstance(subject, str) or not isinstance(number, int) or isinstance(number, bool):
            raise Poisoned("the key needs a subject and a version")
        place = (normalised(subject), number)
        if record.value is None:
            return self._remove(place, record)
        value = read_schema_value(record)
        if (normalised(value.subject), value.version) != place:
            raise Poisoned("key and value name different subjects or versions")
        context = self.contexts.setdefault(context_of(place[0]), Context())
        context.max_id = max(context.max_id, value.id)
        fingerprint = value.definition.fingerprint()
        if reason := self._conflict(place, value, fingerprint, context, base_of(record)):
            if not self._holds(place, value, fingerprint):
                self.unrepaired[place] = record.offset
            return reason
        self._put(place, value, fingerprint, context, record)
        return None

    def _conflict(
        self, place: Place, value: SchemaValue, fingerprint: bytes, context: Context, base: int | None
    ) -> str | None:
        if base is not None and self.last_offset(place) > base:
            return "the version was written by another instance"
        holder = context.by_id.get(value.id)
        if holder is not None and holder.fingerprint != fingerprint and _used_beside(holder, place):
            return f"id {value.id} belongs to another schema"
        twin = context.by_fingerprint.get(fingerprint)
        if base is not None and twin is not None and twin.id != value.id and _used_beside(twin, place):
            return f"the schema has id {twin.id}"
        return None

    def _holds(self, place: Place, value: SchemaValue, fingerprint: bytes) -> bool:
        held = self.version(*place)
        return (
            held is not None
            and (held.schema.id, held.deleted) == (value.id, value.deleted)
            and held.schema.fingerprint == fingerprint
        )

    def _put(self, place: Place, value: SchemaValue, fingerprint: bytes, context: Context, record: LogRecord) -> None:
        stored = context.by_id.get(value.id)
        held = self.version(*place)
        if held is not None and (held.schema is not stored or stored.fingerprint != fingerprint):
            self._release(held)
            stored = context.by_id.get(value.id)
        if stored is None:
            stored = StoredSchema(value.id, value.definition, fingerprint, [])
            context.by_id[value.id] = stored
            context.by_fingerprint.setdefault(fingerprint, stored)
        if place not in stored.uses:
            stored.uses.append(place)
        for reference in value.definition.references:
            target = (self.referenced_subject(place[0], reference.subject), reference.version)
            self.referrers.setdefault(target, set()).add(place)
        version = Version(place[0], place[1], stored, value.deleted, record.offset, record.timestamp_ms)
        versions = self.subjects.setdefault(place[0], {})
        is_last = not versions or next(reversed(versions)) <= place[1]
        versions[place[1]] = version
        if not is_last:
            self.subjects[place[0]] = dict(sorted(versions.items()))
        self._tombstones.pop(place, None)
        self.unrepaired.pop(place, None)

    def _remove(self, place: Place, record: LogRecord) -> str | None:
        base = base_of(record)
        held = self.version(*place)
        if base is not None and self.last_offset(place) > base:
            if held is not None:
                self.unrepaired[place] = record.offset
            return "the version was written by another instance"
        self._tombstones[place] = record.offset
        self.unrepaired.pop(place, None)
        if held is not None:
            self._forget(held, record.offset)
        return None

    def _forget(self, version: Version, offset: int) -> None:
        self._tombstones[version.subject, version.number] = offset
        self._release(version)
        versions = self.subjects[version.subject]
        del versions[version.number]
        if not versions:
            del self.subjects[version.subject]

    def _release(self, version: Version) -> None:
        """Take a version's hold off its schema; the last one takes the schema with it."""
        place, stored = (version.subject, version.number), version.schema
        stored.uses.remove(place)
        for reference in stored.definition.references:
            target = (self.referenced_subject(version.subject, reference.subject), reference.version)
            if holders := self.referrers.get(target):
                holders.discard(place)
                if not holders:
                    del self.referrers[target]
        context = self.contexts[context_of(version.subject)]
        if not stored.uses and context.by_id.get(stored.id) is stored:
            del context.by_id[stored.id]
            if context.by_fingerprint.get(stored.fingerprint) is stored:
                del context.by_fingerprint[stored.fingerprint]
                for each in context.by_id.values():
                    if each.fingerprint == stored.fingerprint:
                        context.by_fingerprint.setdefault(each.fingerprint, each)

    @staticmethod
    def _apply_setting(settings: dict[str | None, Any], subject: str | None, record: LogRecord, read: Any) -> None:
        if record.value is None:
            settings.pop(subject, None)
        else:
            settings[subject] = read(read_value(record))

    def _apply_delete_subject(self, subject: str, record: LogRecord) -> None:
        """Soft-deletes the versions up to the one named."""
        if record.value is None:
            return
        last = read_value(record).get("version")
        if not isinstance(last, int):
            raise Poisoned("a deleted subject needs a version")
        for version in self.subjects.get(subject, {}).values():
            if version.number <= last:
                version.deleted = True

    def _apply_clear_subject(self, scope: str | None, record: LogRecord) -> None:
        """Forgets what is soft-deleted of a subject, of a context or (None) of all."""
        for version in self.deleted_within(scope) if record.value is not None else ():
            self._forget(version, record.offset)

    # Reading

    def last_offset(self, place: Place) -> int:
        """The offset of the last accepted record of a version's key, a tombstone too; -1 if there is none."""
        version = self.version(*place)
        return version.offset if version else self._tombstones.get(place, -1)

    def version(self, subject: str, number: int) -> Version | None:
        return self.subjects.get(subject, {}).get(number)

    def versions(self, subject: str, *, deleted: bool = False) -> list[Version]:
        """Versions of a subject, oldest first, without soft-deleted ones unless asked for."""
        return [each for each in self.subjects.get(subject, {}).values() if deleted or not each.deleted]

    def latest(self, subject: str) -> Version | None:
        """The newest version that is not deleted."""
        newest_first = reversed(self.subjects.get(subject, {}).values())
        return next((each for each in newest_first if not each.deleted), None)

    def context(self, name: str) -> Context:
        return self.contexts.get(name) or Context()

    def max_ids(self) -> dict[str, int]:
        return {name: context.max_id for name, context in self.contexts.items() if context.max_id}

    def within(self, scope: str | None) -> list[str]:
        """The subjects that a scope covers: one, those of a context (`:.ctx:`), or (None) all."""
        if scope is None:
            return sorted(self.subjects)
        if is_context(scope):
            return sorted(each for each in self.subjects if context_of(each) == context_of(scope))
        return [scope] if scope in self.subjects else []

    def deleted_within(self, scope: str | None) -> list[Version]:
        """The soft-deleted versions of the subjects in a scope."""
        return [each for name in self.within(scope) for each in self.versions(name, deleted=True) if each.deleted]

    def is_referenced(self, version: Version) -> bool:
        """Whether a schema that is alive refers to the version."""
        places = self.referrers.get((version.subject, version.number), ())
        return any(each is not None and not each.deleted for each in (self.version(*place) for place in places))

    def every_version(self) -> Iterator[Version]:
        for subject in sorted(self.subjects):
            yield from self.versions(subject, deleted=True)

    @staticmethod
    def referenced_subject(subject: str, reference: str) -> str:
        """The full subject that a reference in `subject` names: a plain name stays within the context."""
        return normalised(reference) if reference.startswith(":.") else qualified(context_of(subject), reference)


def _used_beside(schema: StoredSchema, place: Place) -> bool:
    return any(use != place for use in schema.uses)


def _config_of(value: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("compatibilityLevel", "compatibilityGroup", "alias"):
        if not isinstance(value.get(name, ""), str | None):
            raise Poisoned(f"{name} must be a string")
    return {name: member for name, member in value.items() if name != "subject" and member is not None}


def _mode_of(value: Mapping[str, Any]) -> str:
    mode = value.get("mode")
    if not isinstance(mode, str):
        raise Poisoned("a mode must be a string")
    return mode
