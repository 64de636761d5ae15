"""Transitions that are due at a time rather than at a call."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

__all__ = ["Timer", "Timers"]


class Timer:
    """One action at `due_ns` of the clock, unless cancelled before."""

    __slots__ = ("action", "cancelled", "due_ns")

    def __init__(self, due_ns: int, action: Callable[[], None]) -> None:
        self.due_ns = due_ns
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Timers:
    """Timers in the order in which they are due. `pending` is their heap: empty when there is nothing to wait for."""

    __slots__ = ("_order", "pending")

    def __init__(self) -> None:
        self.pending: list[tuple[int, int, Timer]] = []
        self._order = itertools.count()

    def schedule(self, due_ns: int, action: Callable[[], None]) -> Timer:
        timer = Timer(due_ns, action)
        heapq.heappush(self.pending, (due_ns, next(self._order), timer))
        return timer

    @property
    def next_due_ns(self) -> int | None:
        """When the next timer that is not cancelled is due."""
        while self.pending and self.pending[0][2].cancelled:
            heapq.heappop(self.pending)
        return self.pending[0][0] if self.pending else None

    def pop_due(self, now_ns: int) -> Timer | None:
        """Take out the first timer that is due at `now_ns`."""
        due_ns = self.next_due_ns
        if due_ns is None or due_ns > now_ns:
            return None
        return heapq.heappop(self.pending)[2]
