from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.faults.points import Moment, OutgoingRecord
from sandbox.faults.record_fault import PublishingFault

__all__ = ["DuplicateRecord"]


class DuplicateRecord(PublishingFault):
    """Sends records again: the same key, value, ids and headers."""

    kind = "duplicate-record"

    times: int = Field(default=2, ge=2, le=100)
    """How often each is sent."""

    async def act(self, point: OutgoingRecord, moment: Moment) -> Any:
        first = await point.send()
        for _ in range(self.times - 1):
            await point.send()
        return first
