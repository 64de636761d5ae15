"""The injection point of deliveries: an applied fault as an `Interference` of a consumer boundary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.contracts.delivery import Delivery
from sandbox.faults.applied import AppliedFault
from sandbox.kafka.boundary import ConsumerCrash

__all__ = ["AppliedDeliveryFault"]


class AppliedDeliveryFault:
    """Lets `applied` act before the attempts that it strikes."""

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied

    async def __call__(self, delivery: Delivery) -> None:
        point = _Due(delivery)
        if self.applied.strikes(point):
            await self.applied.act(point)


class _Due:
    """A `faults.points.DueDelivery`."""

    def __init__(self, delivery: Delivery) -> None:
        record = delivery.record
        self.topic = record.topic
        self.partition = record.partition
        self.key = None if record.key is None else record.key.decode("utf-8", "replace")
        self.value: Any = delivery.value
        self.group = delivery.group

    def crash(self, away: Callable[[], Awaitable[None]]) -> ConsumerCrash:
        return ConsumerCrash(away)
