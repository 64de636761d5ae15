from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import HttpExchange, Moment

__all__ = ["Latency"]


class Latency(HttpFault):
    """Holds requests up before the service sees them; those that wait go on at once when it is removed."""

    kind = "latency"

    ms: int = Field(ge=0, le=600_000)
    """How long, in milliseconds of the sandbox's clock."""
    jitter: int = Field(default=0, ge=0, le=600_000)
    """Milliseconds by which it is more or less, evenly spread."""

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        await moment.wait(max(0.0, self.ms + moment.uniform(-self.jitter, self.jitter)) / 1000)
        return await point.proceed()
