from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.faults.edge_fault import EdgeFault
from sandbox.faults.points import Moment, OutboundCall

__all__ = ["EdgeLatency"]


class EdgeLatency(EdgeFault):
    """Holds the calls of a service to another up before they go out; other callers of it notice nothing."""

    kind = "edge-latency"

    ms: int = Field(ge=0, le=600_000)
    """How long, in milliseconds of the sandbox's clock."""
    jitter: int = Field(default=0, ge=0, le=600_000)
    """Milliseconds by which it is more or less, evenly spread."""

    async def act(self, point: OutboundCall, moment: Moment) -> Any:
        await moment.wait(max(0.0, self.ms + moment.uniform(-self.jitter, self.jitter)) / 1000)
        return await point.proceed()
