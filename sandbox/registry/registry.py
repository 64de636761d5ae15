"""The registry without HTTP: what is in it, and the parts that change it."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping

from sandbox.clock import Clock
from sandbox.events.facts import FactSink, RecordConsumed
from sandbox.registry import refusal
from sandbox.registry.deletion import Deletion
from sandbox.registry.library import Library
from sandbox.registry.locks import NamedLocks
from sandbox.registry.ports import TOPIC, LogRecord, SchemaLog
from sandbox.registry.registration import Registration
from sandbox.registry.settings import Settings
from sandbox.registry.state import RegistryState, StoredSchema, Version
from sandbox.registry.subject_name import DEFAULT_CONTEXT, context_of, matches_prefix, qualified
from sandbox.registry.writer import LogWriter

__all__ = ["Registry"]

LATEST = "latest"
_log = logging.getLogger(__name__)


class Registry:
    def __init__(self, log: SchemaLog, facts: FactSink, clock: Clock, rng: random.Random) -> None:
        self.state = RegistryState()
        self.writer = LogWriter(log, self.state, on_poisoned=self._skip, rng=rng)
        self.settings = Settings(self.state, self.writer)
        locks = NamedLocks()
        self.library = Library(self.state)
        self.registration = Registration(self.state, self.writer, self.library, self.settings, locks, facts, clock)
        self.deletion = Deletion(self.state, self.writer, self.settings, locks)
        self.skipped = 0
        self.last_skipped: str | None = None
        self._facts = facts
        self._clock = clock

    def _skip(self, record: LogRecord, reason: str) -> None:
        self.skipped += 1
        self.last_skipped = f"offset {record.offset}: {reason}"
        _log.warning("skipped a record of %s at offset %d: %s", TOPIC, record.offset, reason)
        key = record.key.decode(errors="replace")[:200] if record.key is not None else None
        self._facts.record(
            RecordConsumed(
                at_ms=self._clock.now_ms(),
                source="schema-registry",
                group="schema-registry",
                topic=TOPIC,
                partition=0,
                offset=record.offset,
                outcome="skipped",
                took_ms=0.0,
                key=key,
            )
        )

    def _remark(self) -> str:
        what = "1 record" if self.skipped == 1 else f"{self.skipped} records"
        return f"skipped {what} of {TOPIC}, the last at {self.last_skipped}"

    # Subjects and versions

    def subjects(self, prefix: str, *, deleted: bool = False, deleted_only: bool = False) -> list[str]:
        found = []
        for subject in sorted(self.state.subjects):
            if matches_prefix(subject, prefix):
                alive = any(not version.deleted for version in self.state.subjects[subject].values())
                if (deleted or alive) if not deleted_only else not alive:
                    found.append(subject)
        return found

    def versions(self, subject: str, *, deleted: bool = False, deleted_only: bool = False) -> list[Version]:
        """Raises Refusal 40401 for a subject that there is not (any more); `deleted_only` may leave nothing of one."""
        found = self.state.versions(subject, deleted=deleted or deleted_only)
        if not found:
            raise refusal.subject_not_found(subject)
        return [version for version in found if version.deleted] if deleted_only else found

    def version(self, subject: str, text: str, *, deleted: bool = False) -> Version:
        """The version that a path names: a number, `latest` or `-1`, which are the newest that is not deleted even if
        `deleted`. Raises Refusal 40401, 40402, 42202."""
        number = parse_version(text)
        if not self.state.versions(subject, deleted=deleted):
            raise refusal.subject_not_found(subject)
        return self._numbered(subject, number, deleted=deleted)

    def _numbered(self, subject: str, number: int, *, deleted: bool) -> Version:
        found = self.state.latest(subject) if number == -1 else self.state.version(subject, number)
        if found is None or (found.deleted and not deleted):
            raise refusal.version_not_found(number)
        return found

    def against(self, subject: str, text: str) -> list[Version]:
        """The version that a compatibility check names; none for `latest` of a subject that has none."""
        number = parse_version(text)
        if number == -1:
            latest = self.state.latest(subject)
            return [latest] if latest else []
        return [self._numbered(subject, number, deleted=False)]

    def anywhere(self, subject: str, *, deleted: bool) -> str:
        """A plain subject that only another context has, with that context; else the subject itself."""
        if context_of(subject) == DEFAULT_CONTEXT and not self.state.versions(subject, deleted=deleted):
            for context in sorted(self.state.contexts):
                other = qualified(context, subject)
                if other != subject and self.state.versions(other, deleted=deleted):
                    return other
        return subject

    def resolved(self, subject: str) -> str:
        """The subject that a configured alias stands for, else the subject itself."""
        alias = self.state.configs.get(subject, {}).get("alias")
        return alias if isinstance(alias, str) and alias else subject

    def aliases(self, subject: str) -> list[str]:
        """The subjects that stand for this one."""
        return sorted(name for name, config in self.state.configs.items() if name and config.get("alias") == subject)

    # Schemas by id

    async def schema(self, schema_id: int, subject: str | None) -> tuple[str, StoredSchema]:
        """A schema and its context. `subject` only says where to look. Raises Refusal 40403.

        An id that is not there yet may have been given by another instance a moment ago, so the log is asked.
        """
        self.writer.require_ready("read")
        found = self._by_id(schema_id, subject)
        if found is None and await self.writer.catch_up():
            found = self._by_id(schema_id, subject)
        if found is None:
            raise refusal.schema_not_found(schema_id)
        return found

    def _by_id(self, schema_id: int, subject: str | None) -> tuple[str, StoredSchema] | None:
        names = [context_of(subject) if subject else DEFAULT_CONTEXT]
        if subject and names == [DEFAULT_CONTEXT]:
            names += (each for each in sorted(self.state.contexts) if qualified(each, subject) in self.state.subjects)
        for name in names:
            if (stored := self.state.context(name).by_id.get(schema_id)) is not None:
                return name, stored
        return None

    def uses(self, stored: StoredSchema, *, deleted: bool) -> list[Version]:
        """The versions that hold a schema, by subject and number."""
        found = [self.state.version(*place) for place in sorted(stored.uses)]
        return [version for version in found if version is not None and (deleted or not version.deleted)]

    def by_guid(self, guid: str) -> list[tuple[str, StoredSchema]]:
        """Context and schema of every id whose content has this GUID."""
        wanted = guid.replace("-", "").lower()
        return [
            (name, stored)
            for name, context in sorted(self.state.contexts.items())
            for stored in context.by_id.values()
            if stored.fingerprint.hex() == wanted
        ]

    def referrers(self, version: Version, *, deleted: bool) -> list[int]:
        """Ids of the schemas that refer to a version."""
        places = self.state.referrers.get((version.subject, version.number), ())
        found = [self.state.version(*place) for place in places]
        return sorted({each.schema.id for each in found if each is not None and (deleted or not each.deleted)})

    def contexts(self) -> list[str]:
        return sorted({DEFAULT_CONTEXT, *(context_of(subject) for subject in self.state.subjects)})

    def status(self) -> Mapping[str, object]:
        error = self.writer.failure or self.writer.last_error
        ids = sum(len(context.by_id) for context in self.state.contexts.values())
        return {
            "subjects": len(self.state.subjects),
            "schemas": ids,
            "ready": self.writer.is_ready and self.writer.failure is None,
            "skippedRecords": self.skipped,
            **({"lastSkipped": self.last_skipped, "remark": self._remark()} if self.last_skipped else {}),
            **({"lastError": error} if error else {}),
        }


def parse_version(text: str) -> int:
    """-1 for the latest. Raises Refusal 42202 for what is no version id."""
    if text.lower() == LATEST or text == "-1":
        return -1
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or not 0 < int(text) <= refusal.MAX_ID:
        raise refusal.invalid_version(text)
    return int(text)
