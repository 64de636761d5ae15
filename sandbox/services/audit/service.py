"""Audit as the composition root knows it: it reads five topics, writes one, and has no REST side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.errors import SandboxError, UsageError
from sandbox.services.audit.entry import AUDITED, AuditEntry
from sandbox.services.ports import Delivery, Posted, ServiceContext, Subscription

__all__ = ["AuditService"]


class AuditService:
    """`audit.events` has one partition, which is its global order. A record may be audited twice, never not at all."""

    name = "audit"

    def __init__(self, context: ServiceContext) -> None:
        self._publisher = context.publisher
        self._audited = 0

    def subscriptions(self) -> Sequence[Subscription]:
        return [Subscription("audit", tuple(AUDITED), self._audit, decode=False, handle_many=self._audit_many)]

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
        async for _ in self._audit_many([delivery]):
            pass

    async def _audit_many(self, deliveries: Sequence[Delivery]) -> AsyncIterator[None]:
        """The audit records go out in the order of the records, and all are on their way before any is waited for."""
        posted: list[Posted] = []
        failure: SandboxError | None = None
        for delivery in deliveries:
            entry = AuditEntry.of(delivery).to_json()
            try:
                posted.append(await self._publisher.post("audit.events", entry, key=None, trace=delivery.trace))
            except SandboxError as error:
                failure = error
                break
        try:
            for each in posted:
                await each.published()
                self._audited += 1
                yield None
            if failure is not None:
                raise failure
        except UsageError as error:
            raise RecordFailure(FailureCategory.VALIDATION, f"audit.events: {error.message}") from error
