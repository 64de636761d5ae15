"""CAPSULE's consumer: store first, then publish, so that a crash between the two loses nothing.

A store that was emptied and is built again from the topics publishes every snapshot once more. It is the same record
(ids and times come from the event), so consumers know it by its `capsule_id`, as they must on a topic that is delivered
at least once. Keeping quiet instead would need a memory that outlives the store, would be wrong once a topic was made
anew, and would leave out those who need the snapshots: consumers whose own stores are built again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError, UpstreamUnavailable, UsageError
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.capsule.capsules import Capsules, Stored
from sandbox.services.capsule.consumed import ConsumedRecord
from sandbox.services.capsule.perceived import FAST_PATH, PERCEPTION_EVENTS, capsules_of
from sandbox.services.ports import Posted, Publisher
from sandbox.services.store import StoreFailed

__all__ = ["GROUP", "SNAPSHOTS", "CapsuleConsumer", "publish_snapshot"]

GROUP = "capsule"
SNAPSHOTS = "capsule.snapshots"


@dataclass(frozen=True, slots=True)
class _Made:
    """What a record was made into."""

    consumed: ConsumedRecord
    capsules: list[Capsule]
    trace: TraceContext


class CapsuleConsumer:
    """Each record becomes capsules once. A redelivered one is a duplicate, unless its snapshots are still due."""

    def __init__(self, capsules: Capsules, publisher: Publisher, clock: Clock) -> None:
        self._capsules = capsules
        self._publisher = publisher
        self._clock = clock

    def subscription(self) -> Subscription:
        return Subscription(GROUP, (FAST_PATH, PERCEPTION_EVENTS), self.handle, handle_many=self.handle_many)

    async def handle(self, delivery: Delivery) -> str | None:
        """Raises RecordFailure: VALIDATION (also when a swapped contract does not take the snapshot), PERSISTENCE, or
        DOWNSTREAM_FAILURE when a snapshot cannot be published."""
        (outcome,) = [each async for each in self.handle_many([delivery])]
        return outcome

    async def handle_many(self, deliveries: Sequence[Delivery]) -> AsyncIterator[str | None]:
        """One transaction for all of them, and their snapshots are on the way before any is waited for."""
        made, invalid = self._made(deliveries)
        try:
            stored = await self._capsules.keep_events([(each.consumed, each.capsules) for each in made])
            posted, unposted = await self._post(made, stored)
            for each, snapshots in zip(stored, posted, strict=False):
                for snapshot in snapshots:
                    await snapshot.published()
                if each.is_published:
                    yield "duplicate" if each.known else "skipped"
                else:
                    self._capsules.published(each)
                    yield None
            if unposted is not None:
                raise unposted
        except StoreFailed as error:
            raise RecordFailure(FailureCategory.PERSISTENCE, error.render()) from error
        except UpstreamUnavailable as error:
            message = f"{SNAPSHOTS} cannot be published: {error.message}"
            raise RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, message) from error
        except UsageError as error:
            raise RecordFailure(FailureCategory.VALIDATION, f"{SNAPSHOTS}: {error.message}") from error
        if invalid is not None:
            raise invalid

    def _made(self, deliveries: Sequence[Delivery]) -> tuple[list[_Made], RecordFailure | None]:
        """Up to the first record that makes no capsule."""
        made: list[_Made] = []
        now_ms = self._clock.now_ms()
        for delivery in deliveries:
            consumed = ConsumedRecord.of(delivery, now_ms)
            try:
                made.append(_Made(consumed, capsules_of(delivery, consumed), delivery.trace))
            except RecordFailure as failure:
                return made, failure
        return made, None

    async def _post(
        self, made: Sequence[_Made], stored: Sequence[Stored]
    ) -> tuple[list[list[Posted]], SandboxError | None]:
        """Up to the first record whose snapshots cannot be sent; those that are on the broker are not sent again."""
        posted: list[list[Posted]] = []
        for each, kept in zip(made, stored, strict=True):
            due = () if kept.is_published else each.capsules
            try:
                posted.append([await self._post_snapshot(capsule, each.trace) for capsule in due])
            except SandboxError as error:
                return posted, error
        return posted, None

    async def _post_snapshot(self, capsule: Capsule, trace: TraceContext) -> Posted:
        return await self._publisher.post(SNAPSHOTS, capsule.to_snapshot(), key=capsule.scope_id, trace=trace)


async def publish_snapshot(publisher: Publisher, record: Mapping[str, Any], trace: TraceContext) -> None:
    await publisher.publish(SNAPSHOTS, record, key=record["scope_id"], trace=trace)
