"""The envelope around any fault: when it acts, how often it has, and that it can be removed at any instant."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

from sandbox.clock import Clock
from sandbox.events.facts import FactSink, FaultApplied, FaultRemoved
from sandbox.faults.fault import Fault

__all__ = ["AppliedFault"]


class AppliedFault:
    """One fault of one service, from the moment it is made until `remove`. `id` is how it is removed by."""

    def __init__(self, id: str, fault: Fault, service: str, clock: Clock, facts: FactSink) -> None:
        self.id = id
        self.fault = fault
        self.service = service
        self.hits = 0
        self._clock = clock
        self._facts = facts
        self._rng = random.Random(fault.seed)
        self._since_ms = clock.now_ms()
        self._removed = asyncio.Event()
        about = {"at_ms": self._since_ms, "source": service}
        facts.record(FaultApplied(**about, fault_id=id, fault=fault.describe(), target=service))

    @property
    def is_removed(self) -> bool:
        return self._removed.is_set()

    def strikes(self, point: Any) -> bool:
        """Whether it acts this time, which then counts as a hit."""
        fault = self.fault
        if self.is_removed or (fault.limit is not None and self.hits >= fault.limit) or not fault.matches(point):
            return False
        if fault.probability < 1 and self._rng.random() >= fault.probability:
            return False
        self.hits += 1
        return True

    def act(self, point: Any) -> Any:
        return self.fault.act(point, self)

    def remove(self) -> None:
        """From now on nothing is struck, and what waits goes on. Again changes nothing."""
        if not self.is_removed:
            self._removed.set()
            about = {"at_ms": self._clock.now_ms(), "source": self.service}
            self._facts.record(FaultRemoved(**about, fault_id=self.id, hits=self.hits))

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.fault.kind,
            "on": self.service,
            "parameters": self.fault.model_dump(by_alias=True, exclude_defaults=True),
            "text": self.fault.describe(),
            "hits": self.hits,
            "since_ms": self._since_ms,
        }

    # What the fault may use while it acts

    def uniform(self, low: float, high: float) -> float:
        return self._rng.uniform(low, high)

    async def wait(self, wait_s: float) -> None:
        waits = {asyncio.create_task(self._clock.sleep(wait_s)), asyncio.create_task(self._removed.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*waits, return_exceptions=True)
