"""Audit as the composition root knows it: it reads five topics, writes one, and has no REST side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.errors import UsageError
from sandbox.services.audit.entry import AUDITED, AuditEntry
from sandbox.services.ports import Delivery, ServiceContext, Subscription

__all__ = ["AuditService"]


class AuditService:
    """`audit.events` has one partition, which is its global order. A record may be audited twice, never not at all."""

    name = "audit"

    def __init__(self, context: ServiceContext) -> None:
        self._publisher = context.publisher
        self._audited = 0

    def subscriptions(self) -> Sequence[Subscription]:
        return [Subscription("audit", tuple(AUDITED), self._audit, decode=False)]

    def application(self) -> None:
        return None

    async def start(self) -> None:
        """There is nothing to open."""

    async def stop(self) -> None:
        """There is nothing to close."""

    async def reset(self) -> None:
        self._audited = 0

    def status(self) -> Mapping[str, Any]:
        return {"audited": self._audited}

    async def _audit(self, delivery: Delivery) -> None:
        """Returns once the audit record is on the broker.

        Raises UpstreamUnavailable while Kafka is away, RecordFailure when a swapped contract does not take the record.
        """
        entry = AuditEntry.of(delivery)
        try:
            await self._publisher.publish("audit.events", entry.to_json(), key=None, trace=delivery.trace)
        except UsageError as error:
            raise RecordFailure(FailureCategory.VALIDATION, f"audit.events: {error.message}") from error
        self._audited += 1
