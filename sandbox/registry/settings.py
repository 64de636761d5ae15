"""Compatibility and modes: each subject's own, else its context's, else the global ones."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sandbox.registry import refusal
from sandbox.registry.levels import Level
from sandbox.registry.records import encode, subject_key, subject_value
from sandbox.registry.state import RegistryState
from sandbox.registry.subject_name import DEFAULT_CONTEXT, context_of, qualified
from sandbox.registry.writer import LogWriter

__all__ = ["Mode", "Settings"]

LEVEL = "compatibilityLevel"
DEFAULT_LEVEL = Level.BACKWARD


class Mode(StrEnum):
    READWRITE = "READWRITE"
    READONLY = "READONLY"
    READONLY_OVERRIDE = "READONLY_OVERRIDE"
    IMPORT = "IMPORT"
    FORWARD = "FORWARD"

    @property
    def takes_ids(self) -> bool:
        """Whether clients choose ids and versions, unchecked."""
        return self in (Mode.IMPORT, Mode.FORWARD)


class Settings:
    """`subject` None is the global setting everywhere here; `:.ctx:` is that of a context."""

    def __init__(self, state: RegistryState, writer: LogWriter) -> None:
        self._state = state
        self._writer = writer

    # Compatibility

    def config(self, subject: str | None, *, fall_back: bool) -> Mapping[str, Any]:
        """What GET `/config` shows. Raises Refusal 40408 for a subject without its own, unless `fall_back`."""
        if subject is None or fall_back:
            return self.config_in_scope(subject)
        own = self._state.configs.get(subject)
        if own is None:
            raise refusal.no_subject_level(subject)
        return {LEVEL: self.config_in_scope(subject)[LEVEL], **own}

    def config_in_scope(self, subject: str | None) -> Mapping[str, Any]:
        """What holds for a subject; members that it does not set come from above."""
        found: dict[str, Any] = {LEVEL: DEFAULT_LEVEL.name}
        for scope in reversed(_scopes(subject)):
            found.update(self._state.configs.get(scope, {}))
        return found

    def level(self, subject: str) -> Level:
        name = self.config_in_scope(subject)[LEVEL]
        return Level[name] if name in Level.__members__ else DEFAULT_LEVEL

    async def set_config(self, subject: str | None, members: Mapping[str, Any]) -> None:
        """Change the given members and keep the others. Raises Refusal 42203, 42205, 50002, 50003."""
        self.require_writable(subject)
        if (level := members.get(LEVEL)) is not None and level not in Level.__members__:
            raise refusal.invalid_level()
        value = {**self._state.configs.get(subject, {}), **members}
        await self._writer.append(subject_key("CONFIG", subject), subject_value(subject, value), "config update")

    async def delete_config(self, subject: str | None) -> Mapping[str, Any]:
        """Take a subject's own (or the global) settings away; returns what they were. Raises Refusal 40401, 42205."""
        self.require_writable(subject)
        own = self._state.configs.get(subject)
        if own is None and subject is not None:
            raise refusal.subject_not_found(subject)
        before = {LEVEL: self.config_in_scope(subject)[LEVEL], **(own or {})}
        if own is not None:
            await self._writer.append(subject_key("CONFIG", subject), None, "config delete")
        return before

    # Modes

    def mode(self, subject: str | None, *, fall_back: bool) -> Mode:
        """What GET `/mode` shows. Raises Refusal 40409 for a subject without its own, unless `fall_back`."""
        if subject is None or fall_back:
            return self.mode_in_scope(subject)
        own = self._state.modes.get(subject)
        if own is None:
            raise refusal.no_subject_mode(subject)
        return _mode(own)

    def mode_in_scope(self, subject: str | None) -> Mode:
        """A global READONLY_OVERRIDE beats every other mode."""
        if self._state.modes.get(None) == Mode.READONLY_OVERRIDE:
            return Mode.READONLY_OVERRIDE
        for scope in _scopes(subject):
            if (own := self._state.modes.get(scope)) is not None:
                return _mode(own)
        return Mode.READWRITE

    async def set_mode(self, subject: str | None, name: str, *, force: bool) -> None:
        """`force` takes IMPORT for subjects that have schemas, and leaves what is soft-deleted of them.

        Raises Refusal 42204, 42205 for IMPORT over schemas, 42206, 50002, 50003.
        """
        if name not in Mode.__members__:
            raise refusal.invalid_mode()
        mode = Mode(name)
        if mode is Mode.IMPORT and self.mode_in_scope(subject) is not Mode.IMPORT and not force:
            await self._make_room(subject)
        value = subject_value(subject, {"mode": mode.value})
        await self._writer.append(subject_key("MODE", subject), value, "mode update")

    async def delete_mode(self, subject: str | None, *, recursive: bool = False) -> Mode:
        """Take a subject's own (or the global) mode away; returns what it was. `recursive` takes those of the subjects
        below (of a context, or all) away too. Raises Refusal 40401."""
        own = self._state.modes.get(subject)
        if own is None and subject is not None:
            raise refusal.subject_not_found(subject)
        below = [each for each in self._state.modes if recursive and each != subject and subject in _scopes(each)]
        for each in below if own is None else [subject, *below]:
            await self._writer.append(subject_key("MODE", each), None, "mode delete")
        return _mode(own) if own is not None else Mode.READWRITE

    async def forget(self, subject: str) -> None:
        """Take away what an emptied subject had of its own."""
        if subject in self._state.modes:
            await self._writer.append(subject_key("MODE", subject), None, "delete")
        if subject in self._state.configs:
            await self._writer.append(subject_key("CONFIG", subject), None, "delete")

    def require_writable(self, subject: str | None) -> None:
        """Raises Refusal 42205 when a read-only mode holds."""
        if self.mode_in_scope(subject) in (Mode.READONLY, Mode.READONLY_OVERRIDE):
            raise refusal.not_permitted(f"Subject {subject} is in read-only mode")

    async def _make_room(self, subject: str | None) -> None:
        """What is imported may want the ids and versions of what was deleted softly, so that is forgotten."""
        if any(self._state.versions(each) for each in self._state.within(subject)):
            raise refusal.not_permitted("Cannot import since found existing subjects")
        deleted = self._state.deleted_within(subject)
        for version in deleted:
            if self._state.is_referenced(version):
                raise refusal.referenced(version.subject, version.number)
        if deleted:
            value = encode({"subject": subject})
            await self._writer.append(subject_key("CLEAR_SUBJECT", subject), value, "mode update")


def _scopes(subject: str | None) -> list[str | None]:
    """Whose settings hold for a subject, nearest first."""
    if subject is None:
        return [None]
    context = context_of(subject)
    return [subject, None] if context == DEFAULT_CONTEXT else [subject, qualified(context, ""), None]


def _mode(name: str) -> Mode:
    return Mode(name) if name in Mode.__members__ else Mode.READWRITE
