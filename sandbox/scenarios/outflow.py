"""Sends records one after the other at a steady rate, with a bounded number of them on their way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from sandbox.clock import NANOS, Clock
from sandbox.contracts.delivery import Published
from sandbox.scenarios.ports import Outgoing, Sent, World

__all__ = ["Outflow"]

IN_FLIGHT_LIMIT = 1_000
YIELD_EVERY = 50
NAP_S = 0.05


class Outflow:
    """`make` builds the record with a number, which counts from 1. Without `count` it goes on until stopped.

    Each record has its moment from the start on; one that is late is sent at once, so that the count stays exact.
    """

    def __init__(
        self, world: World, make: Callable[[int], Outgoing], *, count: int | None, rate_per_s: float | None
    ) -> None:
        self._world = world
        self._make = make
        self._count = count
        self._gap_ns = 0.0 if rate_per_s is None else NANOS / rate_per_s
        self._pending: deque[Sent] = deque()
        self._stopping = False
        self.sent = 0
        self.last_published: Published | None = None

    @property
    def told(self) -> str:
        return f"{self.sent} record{'' if self.sent == 1 else 's'} sent"

    def stop(self) -> None:
        """No record is begun after this; those on their way still arrive."""
        self._stopping = True

    async def run(self) -> None:
        """Returns when the broker has every record. Raises UpstreamUnavailable or UsageError."""
        clock = self._world.clock
        start_ns = clock.monotonic_ns()
        while not self._stopping and (self._count is None or self.sent < self._count):
            await self._until(clock, start_ns + round(self.sent * self._gap_ns))
            if self._stopping:
                break
            self._pending.append(await self._world.send(self._make(self.sent + 1)))
            self.sent += 1
            if len(self._pending) >= IN_FLIGHT_LIMIT:
                self.last_published = await self._pending.popleft().published()
            if self.sent % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        while self._pending:
            self.last_published = await self._pending.popleft().published()

    async def _until(self, clock: Clock, due_ns: int) -> None:
        while not self._stopping and (wait_ns := due_ns - clock.monotonic_ns()) > 0:
            await clock.sleep(min(wait_ns / NANOS, NAP_S))
