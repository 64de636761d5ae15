"""Faults of records: those that a consumer is about to handle, and those that are about to be sent."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.faults.fault import Fault, is_like
from sandbox.faults.points import DELIVERY, PUBLISHING, DueDelivery
from sandbox.faults.selection import field_is

__all__ = ["DeliveryFault", "PublishingFault", "RecordFault"]


class RecordFault(Fault):
    """Which records are meant; all of them when nothing is given."""

    topic: str | None = None
    """Only records of this topic; `*` stands for anything: `perception.*`."""
    partition: int | None = Field(default=None, ge=0)
    """Only records of this partition."""
    key: str | None = None
    """Only records with this key; `*` stands for anything: `rim:entity:finance:*`."""
    payload: str | None = Field(default=None, pattern=r"^[^=\s]+=")
    """Only records with this field: `severity=ALERT`, `metadata.desk=FX`, `trust_score=0.5`."""

    def matches(self, point: Any) -> bool:
        return (
            self.partition in (None, point.partition)
            and (self.topic is None or is_like(point.topic, self.topic))
            and (self.key is None or (point.key is not None and is_like(point.key, self.key)))
            and field_is(point.value, self.payload)
        )


class DeliveryFault(RecordFault):
    """A fault of a consumer of the service. It acts on each attempt to handle a record."""

    point = DELIVERY

    group: str | None = None
    """Only deliveries to this consumer group; every group of the service when left out."""

    def matches(self, point: DueDelivery) -> bool:
        return (self.group is None or is_like(point.group, self.group)) and super().matches(point)


class PublishingFault(RecordFault):
    """A fault of what the service publishes, dead letters aside."""

    point = PUBLISHING
