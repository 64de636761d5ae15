"""CAPSULE's consumer: store first, then publish, so that a crash between the two loses nothing."""

from __future__ import annotations

import asyncio

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.errors import UpstreamUnavailable
from sandbox.services.capsule.capsules import Capsules
from sandbox.services.capsule.consumed import ConsumedRecord
from sandbox.services.capsule.perceived import FAST_PATH, PERCEPTION_EVENTS, capsules_of
from sandbox.services.capsule.snapshots import Snapshot
from sandbox.services.ports import Publisher
from sandbox.services.store import StoreFailed

__all__ = ["GROUP", "SNAPSHOTS", "CapsuleConsumer"]

GROUP = "capsule"
SNAPSHOTS = "capsule.snapshots"


class CapsuleConsumer:
    """Each record becomes capsules once. A redelivered one is a duplicate, unless its snapshots are still due."""

    def __init__(self, capsules: Capsules, publisher: Publisher, clock: Clock) -> None:
        self._capsules = capsules
        self._publisher = publisher
        self._clock = clock

    def subscription(self) -> Subscription:
        return Subscription(GROUP, (FAST_PATH, PERCEPTION_EVENTS), self.handle)

    async def handle(self, delivery: Delivery) -> str | None:
        """Raises RecordFailure: VALIDATION, PERSISTENCE, or DOWNSTREAM_FAILURE when a snapshot cannot be published."""
        consumed = ConsumedRecord.of(delivery, self._clock.now_ms())
        capsules = capsules_of(delivery, consumed)
        try:
            stored = await self._capsules.keep_event(consumed, capsules, delivery.trace)
            if stored.unpublished:
                await self._publish(stored.unpublished)
                self._capsules.published(stored.unpublished)
        except StoreFailed as error:
            raise RecordFailure(FailureCategory.PERSISTENCE, error.render()) from error
        except UpstreamUnavailable as error:
            message = f"{SNAPSHOTS} cannot be published: {error.message}"
            raise RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, message) from error
        if stored.known and not stored.unpublished:
            return "duplicate"
        return None if stored.unpublished else "skipped"

    async def _publish(self, snapshots: list[Snapshot]) -> None:
        if len(snapshots) == 1:
            await publish_snapshot(self._publisher, snapshots[0])
            return
        # Every one is tried; those that Kafka took already are published again with the record's next attempt.
        results = await asyncio.gather(
            *(publish_snapshot(self._publisher, each) for each in snapshots), return_exceptions=True
        )
        if failed := next((each for each in results if isinstance(each, BaseException)), None):
            raise failed


async def publish_snapshot(publisher: Publisher, snapshot: Snapshot) -> None:
    await publisher.publish(SNAPSHOTS, snapshot.record, key=snapshot.scope_id, trace=snapshot.trace)
