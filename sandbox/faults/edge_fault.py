"""Faults between two services: they act in the calls that one makes to the other."""

from __future__ import annotations

from typing import Literal

from sandbox.faults.fault import Fault
from sandbox.faults.points import OUTBOUND, OutboundCall

__all__ = ["EdgeFault"]


class EdgeFault(Fault):
    """The edge leads from the service that the fault is on to the one that it names."""

    point = OUTBOUND

    to: Literal["capsule", "plato"] | None = None
    """The service that is called; every one that it calls when left out."""

    def matches(self, point: OutboundCall) -> bool:
        return self.to in (None, point.target)
