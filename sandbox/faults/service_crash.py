from __future__ import annotations

from sandbox.faults.component_fault import ServiceFault
from sandbox.faults.points import ComponentHandle, Moment

__all__ = ["ServiceCrash"]


class ServiceCrash(ServiceFault):
    """Kills a service's process (`kill -9`); it is started again when this is removed."""

    kind = "service-crash"

    async def act(self, point: ComponentHandle, moment: Moment) -> None:
        await point.kill()
