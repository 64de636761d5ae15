from __future__ import annotations

from pydantic import Field

from sandbox.faults.points import Moment, StreamFrame
from sandbox.faults.stream_fault import StreamFault

__all__ = ["WsDuplicate"]


class WsDuplicate(StreamFault):
    """Sends messages again, each with its `sequence`."""

    kind = "ws-duplicate"

    times: int = Field(default=2, ge=2, le=100)
    """How often each is sent."""

    async def act(self, point: StreamFrame, moment: Moment) -> bool:
        for _ in range(self.times):
            if not await point.send():
                return False
        return True
