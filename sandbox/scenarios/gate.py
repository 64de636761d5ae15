"""Holds a run before each step of its story, until somebody lets it go on: for a run that is presented."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sandbox.errors import Conflict

__all__ = ["Gate", "Held"]

HOLD_LIMIT_S = 3_600.0
"""Real time after which a run that nobody lets go on goes on by itself, without another halt."""


@dataclass(frozen=True, slots=True)
class Held:
    """What comes next once the run goes on: its title, its kind (`say`) and file:line."""

    title: str
    step: str
    where: str

    def to_json(self) -> dict[str, Any]:
        return {"title": self.title, "step": self.step, "where": self.where}


class Gate:
    """Of one run. `held` is what it waits to do, None while it goes on."""

    def __init__(self, *, limit_s: float = HOLD_LIMIT_S) -> None:
        self.held: Held | None = None
        self._limit_s = limit_s
        self._go = asyncio.Event()
        self._open = False

    @property
    def is_open(self) -> bool:
        """Whether the run goes on to its end."""
        return self._open

    async def wait(self, held: Held) -> None:
        """Until `next`, `open` or the limit."""
        if self._open:
            return
        self.held = held
        self._go.clear()
        try:
            await asyncio.wait_for(self._go.wait(), self._limit_s)
        except TimeoutError:
            self._open = True
        finally:
            self.held = None

    def next(self) -> None:
        """One step further. Raises Conflict when the run does not wait."""
        if self.held is None:
            raise Conflict("the run does not wait", where="run", hint="a step is being carried out: ask again after it")
        self._go.set()

    def open(self) -> None:
        """On to the end without another halt."""
        self._open = True
        self._go.set()
