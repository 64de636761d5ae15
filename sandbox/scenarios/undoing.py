"""What a run has changed of the sandbox and has to put back at its end, newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.errors import SandboxError

__all__ = ["Undoing"]


@dataclass(frozen=True, slots=True)
class _Undo:
    title: str
    where: str
    action: Callable[[], Awaitable[object]]


class Undoing:
    """One way back for each thing, the first: what it was before the run."""

    def __init__(self) -> None:
        self._undos: dict[str, _Undo] = {}

    def later(self, thing: str, title: str, where: str, action: Callable[[], Awaitable[object]]) -> None:
        """At the end of the steps do `action` about `thing`, unless it is back by then."""
        self._undos.setdefault(thing, _Undo(title, where, action))

    def back(self, thing: str) -> None:
        """It is as it was."""
        self._undos.pop(thing, None)

    async def run(self) -> list[tuple[SandboxError, str, str]]:
        """Put everything back; error, place and title of what could not be."""
        failed = []
        while self._undos:
            _, undo = self._undos.popitem()
            try:
                await undo.action()
            except SandboxError as error:
                failed.append((error, undo.where, undo.title))
        return failed
