from __future__ import annotations

from sandbox.faults.component_fault import BrokerFault
from sandbox.faults.points import ComponentHandle, Moment

__all__ = ["BrokerPause"]


class BrokerPause(BrokerFault):
    """Freezes the broker: connections stay open and nothing answers, until this is removed."""

    kind = "broker-pause"

    async def act(self, point: ComponentHandle, moment: Moment) -> None:
        await point.pause()
