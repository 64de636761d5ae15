from __future__ import annotations

from sandbox.faults.component_fault import BrokerFault
from sandbox.faults.points import ComponentHandle, Moment

__all__ = ["BrokerRestart"]


class BrokerRestart(BrokerFault):
    """Stops the broker and starts it again, which is then over."""

    kind = "broker-restart"
    lasts = False

    async def act(self, point: ComponentHandle, moment: Moment) -> None:
        await point.restart()
