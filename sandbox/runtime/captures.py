"""Has the services of one process tell of whole requests, for a while at a time: who records asks again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from sandbox.events.facts import FactSink
from sandbox.runtime.served import Served
from sandbox.services.http.capture import Capture

__all__ = ["Captures"]


class Captures:
    """Over the services of a process. What is not asked for again in time ends by itself."""

    def __init__(self, served: Mapping[str, Served], facts: FactSink) -> None:
        self._served = served
        self._facts = facts
        self._standing: list[tuple[list[object], Capture]] = []
        self._end: asyncio.TimerHandle | None = None

    def capture(self, for_s: float, limit_bytes: int) -> list[str]:
        """The services that tell, bodies of at most `limit_bytes`, for `for_s` seconds of real time; 0 ends it."""
        self._stop()
        if for_s <= 0:
            return []
        told = []
        for name, served in self._served.items():
            place = served.interceptors
            if place is not None:
                hook = Capture(name, self._facts, limit_bytes)
                place.insert(0, hook)
                self._standing.append((place, hook))
                told.append(name)
        self._end = asyncio.get_running_loop().call_later(for_s, self._stop)
        return told

    def _stop(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
        for place, hook in self._standing:
            if hook in place:
                place.remove(hook)
        self._standing.clear()
