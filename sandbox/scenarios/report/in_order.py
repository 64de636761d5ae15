"""Puts facts in the order of their time: services send theirs in batches, so they come later than they happened."""

from __future__ import annotations

import asyncio
import bisect
import time
from collections.abc import Callable

from sandbox.events.facts import Fact

__all__ = ["InOrder"]

HOLD_S = 0.3
"""How long a fact may wait for an earlier one: a little more than services wait before they send."""


class InOrder:
    """Hands facts to `deliver` by `at_ms`, each after `hold_s` at the latest. Without an event loop only on `flush`."""

    def __init__(self, deliver: Callable[[Fact], None], hold_s: float = HOLD_S) -> None:
        self._deliver = deliver
        self._hold_s = hold_s
        self._held: list[tuple[int, int, float, Fact]] = []
        self._arrived = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, fact: Fact) -> None:
        self._arrived += 1
        bisect.insort(self._held, (fact.at_ms, self._arrived, time.monotonic(), fact), key=lambda each: each[:2])
        self._wait()

    def flush(self) -> None:
        """Deliver everything now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, []
        for _, _, _, fact in held:
            self._deliver(fact)

    def _wait(self) -> None:
        if self._timer is None and self._held:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            self._timer = loop.call_later(self._hold_s / 3, self._release)

    def _release(self) -> None:
        """Deliver what has waited long enough, and what happened before it."""
        self._timer = None
        due = time.monotonic() - self._hold_s
        ready = max((place + 1 for place, each in enumerate(self._held) if each[2] <= due), default=0)
        released, self._held = self._held[:ready], self._held[ready:]
        for _, _, _, fact in released:
            self._deliver(fact)
        self._wait()
