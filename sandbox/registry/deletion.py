"""Deletes subjects and versions: softly first (hidden, still served by id), then for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from sandbox.registry import refusal
from sandbox.registry.locks import NamedLocks
from sandbox.registry.records import SchemaValue, max_ids_record, subject_key, subject_value
from sandbox.registry.settings import Settings
from sandbox.registry.state import RegistryState, Version
from sandbox.registry.subject_name import context_of
from sandbox.registry.writer import LogWriter, LostRace

__all__ = ["Deletion"]

TRIES = 20
AT_ONCE = 100
"""Records of a large subject under way to Kafka."""


class Deletion:
    def __init__(self, state: RegistryState, writer: LogWriter, settings: Settings, locks: NamedLocks) -> None:
        self._state = state
        self._writer = writer
        self._settings = settings
        self._locks = locks

    async def delete_subject(self, subject: str, *, permanent: bool) -> list[int]:
        """The versions deleted. Raises Refusal 40401, 40404, 40405, 42205, 42206."""
        self._writer.require_ready("delete")
        async with self._locks.hold(subject):
            every = self._state.versions(subject, deleted=True)
            if not every:
                raise refusal.subject_not_found(subject)
            alive = [version for version in every if not version.deleted]
            if not permanent and not alive:
                raise refusal.subject_soft_deleted(subject)
            self._settings.require_writable(subject)
            self._require_unreferenced(every if permanent else alive)
            if permanent:
                if alive:
                    raise refusal.subject_not_soft_deleted(subject)
                await self._remember_ids(every)
                await self._remove_all(every)
            else:
                value = subject_value(subject, {"version": alive[-1].number})
                await self._writer.append(subject_key("DELETE_SUBJECT", subject), value, "delete")
            await self._settings.forget(subject)
        return [version.number for version in (every if permanent else alive)]

    async def delete_version(self, version: Version, *, permanent: bool) -> int:
        """The version's number. Raises Refusal 40406, 40407, 42205, 42206."""
        self._writer.require_ready("delete")
        async with self._locks.hold(version.subject):
            held = self._state.version(version.subject, version.number)
            if held is None:
                raise refusal.version_not_found(version.number)
            if held.deleted and not permanent:
                raise refusal.version_soft_deleted(held.subject, held.number)
            self._settings.require_writable(version.subject)
            self._require_unreferenced([held])
            if permanent and not held.deleted:
                raise refusal.version_not_soft_deleted(held.subject, held.number)
            if permanent:
                await self._remember_ids([held])
                await self._remove(held)
            else:
                await self._soft_delete(held)
            if not self._state.versions(held.subject):
                await self._settings.forget(held.subject)
        return version.number

    async def _remember_ids(self, versions: Sequence[Version]) -> None:
        """Before the highest id of a context goes with its last version, write down that it was given."""
        highest = self._state.max_ids()
        if any(version.schema.id == highest.get(context_of(version.subject)) for version in versions):
            await self._writer.append(*max_ids_record(highest), "delete")

    async def _soft_delete(self, version: Version) -> None:
        for _ in range(TRIES):
            held = self._state.version(version.subject, version.number)
            if held is None or held.deleted:
                return None
            stored = held.schema
            value = SchemaValue(held.subject, held.number, stored.id, stored.definition)
            try:
                return await self._writer.put_version(replace(value, deleted=True), "delete")
            except LostRace:
                continue
        raise refusal.store_failed(f"other instances were first {TRIES} times")

    async def _remove_all(self, versions: Sequence[Version]) -> None:
        """Raises the first Refusal, once nothing is under way any more."""
        for start in range(0, len(versions), AT_ONCE):
            removals = (self._remove(each) for each in versions[start : start + AT_ONCE])
            for outcome in await asyncio.gather(*removals, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome

    async def _remove(self, version: Version) -> None:
        for _ in range(TRIES):
            if self._state.version(version.subject, version.number) is None:
                return None
            try:
                return await self._writer.remove_version((version.subject, version.number), "delete")
            except LostRace:
                continue
        raise refusal.store_failed(f"other instances were first {TRIES} times")

    def _require_unreferenced(self, versions: Sequence[Version]) -> None:
        """Raises Refusal 42206 when a schema that is alive refers to one of the versions."""
        for version in versions:
            if self._state.is_referenced(version):
                raise refusal.referenced(version.subject, version.number)
