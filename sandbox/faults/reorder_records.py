from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.faults.points import Moment, OutgoingRecord
from sandbox.faults.record_fault import PublishingFault

__all__ = ["ReorderRecords"]


class ReorderRecords(PublishingFault):
    """Holds a record back until later ones of its key have gone out, so that they arrive out of order.

    While one is held, the next of its key are those that overtake it. Who waits for the acknowledgement before sending
    the next overtakes nobody: such a record goes out `hold` late.
    """

    kind = "reorder-records"

    by: int = Field(default=1, ge=1, le=1_000)
    """How many records of the same topic and key overtake it."""
    hold: int = Field(default=1_000, ge=1, le=60_000)
    """Milliseconds of the sandbox's clock after which it goes out in any case."""

    async def act(self, point: OutgoingRecord, moment: Moment) -> Any:
        return point.send_behind(self.by, lambda: moment.wait(self.hold / 1000))
