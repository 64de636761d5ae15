"""CAPSULE's consumer: store first, then publish, so that a crash between the two loses nothing.

A store that was emptied and is built again from the topics publishes every snapshot once more. It is the same record
(ids and times come from the event), so consumers know it by its `capsule_id`, as they must on a topic that is delivered
at least once. Keeping quiet instead would need a memory that outlives the store, would be wrong once a topic was made
anew, and would leave out those who need the snapshots: consumers whose own stores are built again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.capsule.capsules import Capsules
from sandbox.services.capsule.consumed import ConsumedRecord
from sandbox.services.capsule.perceived import FAST_PATH, PERCEPTION_EVENTS, capsules_of
from sandbox.services.ports import Publisher
from sandbox.services.store import StoreFailed

__all__ = ["GROUP", "SNAPSHOTS", "CapsuleConsumer", "publish_snapshot"]

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
        """Raises RecordFailure: VALIDATION (also when a swapped contract does not take the snapshot), PERSISTENCE, or
        DOWNSTREAM_FAILURE when a snapshot cannot be published."""
        consumed = ConsumedRecord.of(delivery, self._clock.now_ms())
        capsules = capsules_of(delivery, consumed)
        try:
            stored = await self._capsules.keep_event(consumed, capsules)
            if not stored.is_published:
                await self._publish(capsules, delivery.trace)
                self._capsules.published(stored)
        except StoreFailed as error:
            raise RecordFailure(FailureCategory.PERSISTENCE, error.render()) from error
        except UpstreamUnavailable as error:
            message = f"{SNAPSHOTS} cannot be published: {error.message}"
            raise RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, message) from error
        except UsageError as error:
            raise RecordFailure(FailureCategory.VALIDATION, f"{SNAPSHOTS}: {error.message}") from error
        if not stored.is_published:
            return None
        return "duplicate" if stored.known else "skipped"

    async def _publish(self, capsules: list[Capsule], trace: TraceContext) -> None:
        if len(capsules) == 1:
            await publish_snapshot(self._publisher, capsules[0].to_snapshot(), trace)
            return
        # Every one is tried; those that Kafka took are published again with the record's next attempt.
        results = await asyncio.gather(
            *(publish_snapshot(self._publisher, each.to_snapshot(), trace) for each in capsules),
            return_exceptions=True,
        )
        if failed := next((each for each in results if isinstance(each, BaseException)), None):
            raise failed


async def publish_snapshot(publisher: Publisher, record: Mapping[str, Any], trace: TraceContext) -> None:
    await publisher.publish(SNAPSHOTS, record, key=record["scope_id"], trace=trace)
