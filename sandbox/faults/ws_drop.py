from __future__ import annotations

from sandbox.faults.points import Moment, StreamFrame
from sandbox.faults.stream_fault import StreamFault

__all__ = ["WsDrop"]


class WsDrop(StreamFault):
    """Leaves messages out; `sequence` shows the gap."""

    kind = "ws-drop"

    async def act(self, point: StreamFrame, moment: Moment) -> bool:
        return point.skip()
