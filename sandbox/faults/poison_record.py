from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema

from sandbox.contracts.poison import Poison
from sandbox.faults.points import Moment, OutgoingRecord
from sandbox.faults.record_fault import PublishingFault

__all__ = ["PoisonRecord"]

Way = Annotated[Poison, WithJsonSchema({"type": "string", "enum": list(Poison)})]


class PoisonRecord(PublishingFault):
    """Makes records unreadable for every consumer of their topic before they are sent."""

    kind = "poison-record"

    way: Way = Poison.BAD_MAGIC
    """bad-magic, unknown-id, undecodable or wrong-schema."""

    async def act(self, point: OutgoingRecord, moment: Moment) -> Any:
        return await point.send_poisoned(self.way)
