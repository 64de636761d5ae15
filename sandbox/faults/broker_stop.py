from __future__ import annotations

from sandbox.faults.component_fault import BrokerFault
from sandbox.faults.points import ComponentHandle, Moment

__all__ = ["BrokerStop"]


class BrokerStop(BrokerFault):
    """Stops the broker in good order; it is started again when this is removed."""

    kind = "broker-stop"

    async def act(self, point: ComponentHandle, moment: Moment) -> None:
        await point.stop()
