"""Sends records, each at its moment, with a bounded number of them on their way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

from sandbox.clock import NANOS, Clock
from sandbox.contracts.delivery import Published
from sandbox.errors import UpstreamUnavailable
from sandbox.scenarios.background import Work
from sandbox.scenarios.disorder import Disorder
from sandbox.scenarios.ports import Outgoing, Sent, World

__all__ = ["YIELD_EVERY", "Outflow", "count_of", "wait_until"]

IN_FLIGHT_LIMIT = 1_000
YIELD_EVERY = 50
NAP_S = 0.05
LEAST_S = 0.05


class Outflow(Work):
    """`make` builds the record with a number, which counts from 1; `moments` says when each is due, in nanoseconds from
    the start. It goes on until one of them has no more, or until it is stopped.

    A record that is late is sent at once, so that the count stays exact. With `keep_going` one that Kafka does not take
    is counted as failed, and the next one has its turn.
    """

    def __init__(
        self,
        world: World,
        make: Callable[[int], Outgoing],
        moments: Iterator[int],
        *,
        disorder: Disorder | None = None,
        keep_going: bool = False,
    ) -> None:
        self._world = world
        self._make = make
        self._moments = moments
        self._disorder = disorder
        self._keep_going = keep_going
        self._pending: deque[Sent] = deque()
        self._stopping = False
        self._start_ns = 0
        self._last_ns = 0
        self.made = 0
        self.sent = 0
        self.failed = 0
        self.last_published: Published | None = None

    def stop(self) -> None:
        """No record is begun after this; those on their way still arrive."""
        self._stopping = True

    @property
    def rate_per_s(self) -> float | None:
        """Records a second from the first to the last so far; None while there is too little to tell."""
        took_s = (self._last_ns - self._start_ns) / NANOS
        return (self.sent - 1) / took_s if self.sent > 1 and took_s > LEAST_S else None

    @property
    def told(self) -> str:
        """`600 records sent, 100/s`."""
        rate = self.rate_per_s
        told = "" if self._disorder is None else self._disorder.describe()
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{count_of(self.sent)} sent{told}{'' if rate is None else f', {rate:.4g}/s'}{failed}"

    def result(self) -> dict[str, int | float | None]:
        """What later steps know."""
        return {"sent": self.sent, "rate": self.rate_per_s, "failed": self.failed}

    async def run(self) -> None:
        """Returns when the broker has every record. Raises UpstreamUnavailable or UsageError."""
        clock = self._world.clock
        self._start_ns = self._last_ns = start_ns = clock.monotonic_ns()
        for moment_ns in self._moments:
            await wait_until(clock, start_ns + moment_ns, self._stopped)
            if self._stopping:
                break
            self.made += 1
            outgoing = self._make(self.made)
            for each in (outgoing,) if self._disorder is None else self._disorder.take(self.made, outgoing):
                await self._send(each)
            if self.made % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        for each in () if self._disorder is None else self._disorder.rest():
            await self._send(each)
        while self._pending:
            await self._settle()

    async def _send(self, outgoing: Outgoing) -> None:
        try:
            self._pending.append(await self._world.send(outgoing))
        except UpstreamUnavailable:
            self.failed += 1
            if not self._keep_going:
                raise
            return
        self.sent += 1
        self._last_ns = self._world.clock.monotonic_ns()
        while len(self._pending) >= IN_FLIGHT_LIMIT or self._pending[0].done:
            await self._settle()
            if not self._pending:
                break

    async def _settle(self) -> None:
        """Wait for the oldest record on its way."""
        try:
            self.last_published = await self._pending.popleft().published()
        except UpstreamUnavailable:
            self.sent -= 1
            self.failed += 1
            if not self._keep_going:
                raise

    def _stopped(self) -> bool:
        return self._stopping


async def wait_until(clock: Clock, due_ns: int, stopped: Callable[[], bool]) -> None:
    """Until the clock is there, or a moment after `stopped` says so."""
    while (wait_ns := due_ns - clock.monotonic_ns()) > 0 and not stopped():
        await clock.sleep(min(wait_ns / NANOS, NAP_S))


def count_of(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"
