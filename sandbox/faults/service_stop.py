from __future__ import annotations

from sandbox.faults.component_fault import ServiceFault
from sandbox.faults.points import ComponentHandle, Moment

__all__ = ["ServiceStop"]


class ServiceStop(ServiceFault):
    """Stops a service's process in good order; it is started again when this is removed."""

    kind = "service-stop"

    async def act(self, point: ComponentHandle, moment: Moment) -> None:
        await point.stop()
