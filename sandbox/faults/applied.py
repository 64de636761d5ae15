"""The envelope around any fault: when it acts, how often it has, and that it can be removed at any instant."""

from __future__ import annotations

import asyncio
import math
import random
from typing import Any

from sandbox.clock import NANOS, Clock
from sandbox.events.facts import FactSink, FaultApplied, FaultRemoved
from sandbox.faults.fault import Fault
from sandbox.faults.first_of import first_of

__all__ = ["AppliedFault"]

SOON_S = 1e-6
"""What is no more than this away has come."""


class AppliedFault:
    """One fault of one service, from the moment it is made until `remove`. `id` is how it is removed by."""

    def __init__(self, id: str, fault: Fault, service: str, clock: Clock, facts: FactSink) -> None:
        self.id = id
        self.fault = fault
        self.service = service
        self.hits = 0
        self._seen = 0
        self._clock = clock
        self._facts = facts
        self._rng = random.Random(fault.seed)
        self._timetable = fault.timetable
        self._since_ms = clock.now_ms()
        self._since_ns = clock.monotonic_ns()
        self._removed = asyncio.Event()
        about = {"at_ms": self._since_ms, "source": service}
        facts.record(FaultApplied(**about, fault_id=id, fault=fault.describe(), target=service))

    @property
    def is_removed(self) -> bool:
        return self._removed.is_set()

    @property
    def is_acting(self) -> bool:
        """Whether it would act now on what it means."""
        return self.is_on and not self.fault.is_spent(self._seen)

    @property
    def left_s(self) -> float | None:
        """How long until it is over, in seconds of the sandbox's clock; None without end."""
        ends_s = self._timetable.ends_s
        return None if ends_s is None else max(0.0, ends_s - self._passed_s)

    @property
    def is_on(self) -> bool:
        """Whether it is in force by its timetable, and not removed."""
        return not self.is_removed and self._timetable.is_on(self._passed_s)

    @property
    def is_over(self) -> bool:
        """Whether it never comes into force again."""
        return self.is_removed or self.left_s == 0.0

    def strikes(self, point: Any) -> bool:
        """Whether it acts this time, which then counts as a hit."""
        fault = self.fault
        if not self.is_acting or not fault.matches(point):
            return False
        self._seen += 1
        if not fault.counts(self._seen) or (fault.probability < 1 and self._rng.random() >= fault.probability):
            return False
        self.hits += 1
        return True

    def act(self, point: Any) -> Any:
        return self.fault.act(point, self)

    async def run_out(self) -> None:
        """Wait until its time is up, and remove it. One without end waits for its removal."""
        while not self.is_removed:
            left_s = self.left_s
            if left_s is None:
                await self.wait_for_removal()
            elif left_s > SOON_S:  # again when the clock has been given another speed meanwhile
                await self.wait(left_s)
            else:
                self.remove("expired")

    def remove(self, reason: str = "removed") -> None:
        """From now on nothing is struck, and what waits goes on. Again changes nothing."""
        if not self.is_removed:
            self._removed.set()
            about = {"at_ms": self._clock.now_ms(), "source": self.service}
            self._facts.record(FaultRemoved(**about, fault_id=self.id, hits=self.hits, reason=reason))

    def to_json(self) -> dict[str, Any]:
        """`until_ms` is wall time, as `since_ms` is."""
        left_s = self.left_s
        speed = getattr(self._clock, "speed", 1.0)
        return {
            "id": self.id,
            "kind": self.fault.kind,
            "on": self.service,
            "parameters": self.fault.model_dump(by_alias=True, exclude_defaults=True),
            "text": self.fault.describe(),
            "hits": self.hits,
            "since_ms": self._since_ms,
            "until_ms": None if left_s is None else self._clock.now_ms() + round(left_s / speed * 1000),
            "acting": self.is_acting,
        }

    @property
    def _passed_s(self) -> float:
        return (self._clock.monotonic_ns() - self._since_ns) / NANOS

    # What the fault may use while it acts

    def uniform(self, low: float, high: float) -> float:
        return self._rng.uniform(low, high)

    def lognormal(self, median: float, sigma: float) -> float:
        return median * math.exp(self._rng.gauss(0.0, sigma))

    async def wait_for_removal(self) -> None:
        await self._removed.wait()

    async def wait_for_rest(self) -> None:
        """Wait until it rests by its timetable, is over, or is removed."""
        while self.is_on:
            await self.wait_for_change()

    async def wait_for_change(self) -> None:
        """Wait until its timetable next has it begin, rest or end; without such a time, until it is removed."""
        change_s = self._timetable.next_change_s(self._passed_s)
        await (self.wait_for_removal() if change_s is None else self.wait(change_s - self._passed_s))

    async def wait(self, wait_s: float) -> None:
        await first_of(self._clock.sleep(wait_s), self.wait_for_removal())
