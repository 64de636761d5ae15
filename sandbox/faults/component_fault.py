"""Faults of what the engine keeps running: the broker, and the processes of services."""

from __future__ import annotations

from typing import Any, ClassVar

from sandbox.faults.fault import Fault
from sandbox.faults.points import BROKER, PROCESS, ComponentHandle, Moment

__all__ = ["BrokerFault", "ComponentFault", "ServiceFault"]


class ComponentFault(Fault):
    """Acts when it comes into force; `undo` is for when it rests, is over or is removed."""

    lasts: ClassVar[bool] = True
    """Whether anything is left to be undone; without, it is over once it has acted."""

    async def act(self, point: ComponentHandle, moment: Moment) -> Any:
        raise NotImplementedError

    async def undo(self, point: ComponentHandle) -> None:
        await point.bring_back()


class BrokerFault(ComponentFault):
    """On `kafka`."""

    point = BROKER
    needs = "broker"


class ServiceFault(ComponentFault):
    """On the process of a service, and on the other services in it: without `--isolate` there is one for all."""

    point = PROCESS
    needs = "process"
