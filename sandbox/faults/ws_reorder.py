from __future__ import annotations

from pydantic import Field

from sandbox.faults.points import Moment, StreamFrame
from sandbox.faults.stream_fault import StreamFault

__all__ = ["WsReorder"]


class WsReorder(StreamFault):
    """Holds a message back until later ones have been sent; while one is held, the next are those that overtake it."""

    kind = "ws-reorder"

    by: int = Field(default=1, ge=1, le=1_000)
    """How many messages overtake it."""
    hold: int = Field(default=2_000, ge=1, le=60_000)
    """Milliseconds of the sandbox's clock after which it is sent in any case."""

    async def act(self, point: StreamFrame, moment: Moment) -> bool:
        return point.send_behind(self.by, lambda: moment.wait(self.hold / 1000))
