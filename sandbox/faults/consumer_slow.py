from __future__ import annotations

from pydantic import Field

from sandbox.faults.points import DueDelivery, Moment
from sandbox.faults.record_fault import DeliveryFault

__all__ = ["ConsumerSlow"]


class ConsumerSlow(DeliveryFault):
    """Holds each record up before it is handled; those behind it in the partition wait."""

    kind = "consumer-slow"

    ms: int = Field(ge=0, le=600_000)
    """How long, in milliseconds of the sandbox's clock."""
    jitter: int = Field(default=0, ge=0, le=600_000)
    """Milliseconds by which it is more or less, evenly spread."""

    async def act(self, point: DueDelivery, moment: Moment) -> None:
        await moment.wait(max(0.0, self.ms + moment.uniform(-self.jitter, self.jitter)) / 1000)
