from __future__ import annotations

from sandbox.faults.points import DueDelivery, Moment
from sandbox.faults.record_fault import DeliveryFault

__all__ = ["ConsumerPause"]


class ConsumerPause(DeliveryFault):
    """Handles no record that is meant, nor those behind it in its partition, until it is removed.

    The consumer stays in its group; what it has not handled is its lag.
    """

    kind = "consumer-pause"

    async def act(self, point: DueDelivery, moment: Moment) -> None:
        await moment.wait_for_rest()
