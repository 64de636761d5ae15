from __future__ import annotations

from sandbox.faults.points import Moment, StreamFrame
from sandbox.faults.stream_fault import StreamFault

__all__ = ["WsStall"]


class WsStall(StreamFault):
    """Sends nothing more while the socket stays open; what was held follows, in order, when it is removed."""

    kind = "ws-stall"

    async def act(self, point: StreamFrame, moment: Moment) -> bool:
        await moment.wait_for_rest()
        return await point.send()
