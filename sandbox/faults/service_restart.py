from __future__ import annotations

from sandbox.faults.component_fault import ServiceFault
from sandbox.faults.points import ComponentHandle, Moment

__all__ = ["ServiceRestart"]


class ServiceRestart(ServiceFault):
    """Stops a service's process and starts it again, which is then over."""

    kind = "service-restart"
    lasts = False

    async def act(self, point: ComponentHandle, moment: Moment) -> None:
        await point.restart()
