from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.faults.points import DueDelivery, Moment
from sandbox.faults.record_fault import DeliveryFault

__all__ = ["ConsumerFailure"]

Category = Annotated[FailureCategory, WithJsonSchema({"type": "string", "enum": list(FailureCategory)})]


class ConsumerFailure(DeliveryFault):
    """Makes handling a record fail; retries, back-off and dead letter are the platform's own."""

    kind = "consumer-failure"

    category: Category
    """DESERIALIZATION, VALIDATION, DOWNSTREAM_FAILURE, PERSISTENCE or UNKNOWN: the first two are not tried again."""
    error: str = Field(default="a fault makes this record fail", min_length=1, max_length=500)
    """The reason, as the dead letter tells it."""

    async def act(self, point: DueDelivery, moment: Moment) -> None:
        raise RecordFailure(self.category, self.error)
