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

IN_FLIGHT_LIMIT = 2_000
TOGETHER = 500
"""Records that go out together where so many are due; they share a batch a partition."""
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
        self._due: list[Outgoing] = []
        self._pending: deque[tuple[Sent, int]] = deque()
        self._on_their_way = 0
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
        disorder, due = self._disorder, self._due
        for moment_ns in self._moments:
            if start_ns + moment_ns > clock.monotonic_ns():
                await self._send()
                await wait_until(clock, start_ns + moment_ns, self._stopped)
            if self._stopping:
                break
            self.made += 1
            outgoing = self._make(self.made)
            if disorder is None:
                due.append(outgoing)
            else:
                due.extend(disorder.take(self.made, outgoing))
            if len(due) >= TOGETHER:
                await self._send()
            if self.made % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        if disorder is not None:
            due.extend(disorder.rest())
        await self._send()
        while self._pending:
            await self._settle()

    async def _send(self) -> None:
        """Send what is due: a record that is due alone on its own, several together."""
        due, count = tuple(self._due), len(self._due)
        if not due:
            return
        self._due.clear()
        together = count > 1 and all(type(each.value) is bytes or each.value is None for each in due)
        for part in (due,) if together else ((each,) for each in due):
            try:
                world = self._world
                sent = await (world.send_many(part) if len(part) > 1 else world.send(part[0]))
            except UpstreamUnavailable:
                self.failed += len(part)
                if not self._keep_going:
                    raise
                continue
            self._pending.append((sent, len(part)))
            self._on_their_way += len(part)
            self.sent += len(part)
        self._last_ns = self._world.clock.monotonic_ns()
        while self._pending and (self._on_their_way > IN_FLIGHT_LIMIT - TOGETHER or self._pending[0][0].done):
            await self._settle()

    async def _settle(self) -> None:
        """Wait for the oldest on their way."""
        sent, count = self._pending.popleft()
        self._on_their_way -= count
        try:
            self.last_published = await sent.published()
        except UpstreamUnavailable:
            self.sent -= count
            self.failed += count
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
