from __future__ import annotations

from sandbox.faults.component_fault import BrokerFault
from sandbox.faults.points import ComponentHandle, Moment

__all__ = ["BrokerKill"]


class BrokerKill(BrokerFault):
    """Ends the broker at once, as a crash does; it is started again when this is removed."""

    kind = "broker-kill"

    async def act(self, point: ComponentHandle, moment: Moment) -> None:
        await point.kill()
