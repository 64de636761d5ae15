"""Publishing to logical topics: contract values with trace headers, or raw bytes, one by one or as a stream."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from aiokafka.structs import RecordMetadata

from sandbox.clock import Clock
from sandbox.contracts.catalog import Topic
from sandbox.contracts.delivery import Published
from sandbox.contracts.poison import Poison
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import FactSink, RecordProduced, trace_fields
from sandbox.kafka.producer import Delivering, Keyed, RecordProducer
from sandbox.kafka.topics_admin import TopicsAdmin
from sandbox.kafka.values import TopicValues

__all__ = ["Interception", "KafkaPublisher", "Leaving", "Many", "Pending", "Posted"]

DLQ_PARTITIONS = 3
DLQ_RETENTION_MS = 90 * 86_400_000
SIDE_RETENTION_MS = 7 * 86_400_000
Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A record on its way out of a publisher, encoded; `content` is its value before that, where there was one."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None
    timestamp_ms: int | None
    hop: TraceContext | None
    content: Mapping[str, Any] | None = None


class Posted(Protocol):
    """What comes of a record that was taken for sending."""

    @property
    def done(self) -> bool: ...

    async def published(self) -> Published: ...


Send = Callable[[Leaving], Awaitable[Posted]]


class Interception(Protocol):
    """Stands between a publisher and Kafka: sends each record by `send`, once, not at all, otherwise, or later."""

    async def __call__(self, record: Leaving, publisher: KafkaPublisher, send: Send) -> Posted: ...


class KafkaPublisher:
    """One service's way out to Kafka; `source` names it in facts and in `X-Source-Service`. Shares the producer.

    Each acknowledged record is a `RecordProduced` fact. Every method raises KafkaUnavailable when the broker does not
    take the record in time, UpstreamUnavailable when the registry is needed and away, and UsageError when the topic,
    the value (naming the field), the partition or the size will not do. `interceptions` may be filled and emptied while
    records are published.
    """

    def __init__(
        self,
        producer: RecordProducer,
        values: TopicValues,
        *,
        source: str,
        facts: FactSink,
        clock: Clock,
        rng: random.Random | None = None,
        interceptions: Sequence[Interception] = (),
    ) -> None:
        self._producer = producer
        self._values = values
        self._source = source
        self._facts = facts
        self._clock = clock
        self._rng = rng
        self._interceptions = interceptions

    async def publish(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Headers = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Published:
        """Publish a value by the topic's contract and wait until the broker has it.

        The record carries a child of `trace`; a header given in `headers` replaces the traced one of that name.
        """
        pending = await self.post(
            topic, value, key=key, trace=trace, headers=headers, partition=partition, timestamp_ms=timestamp_ms
        )
        return await pending.published()

    async def post(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Headers = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
        strategy: SubjectStrategy | None = None,
    ) -> Posted:
        """The same without the wait: returns once the record is queued (for loads). Await `Pending.published` later.

        `strategy` names the subject of an Avro value in place of the topic's own, `{topic}-value`.
        """
        encoded = await self._values.encode(topic, value, strategy=strategy)
        hop = trace.child(self._rng)
        carried = _merged(hop.record_headers(self._source), headers)
        key_bytes = None if key is None else key.encode()
        leaving = Leaving(topic, key_bytes, encoded, carried, partition, timestamp_ms, hop, value)
        return await self._through(self._interceptions, leaving)

    async def publish_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
        trace: TraceContext | None = None,
    ) -> Published:
        """Publish exactly these bytes and headers; trace headers are added only when a `trace` is given."""
        pending = await self.post_raw(
            topic, key=key, value=value, headers=headers, partition=partition, timestamp_ms=timestamp_ms, trace=trace
        )
        return await pending.published()

    async def post_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
        trace: TraceContext | None = None,
    ) -> Posted:
        """`publish_raw` without the wait."""
        hop = trace.child(self._rng) if trace else None
        carried = _merged(hop.record_headers(self._source), headers) if hop else list(headers)
        return await self._through(
            self._interceptions, Leaving(topic, key, value, carried, partition, timestamp_ms, hop)
        )

    async def post_many(
        self, topic: str, records: Sequence[Keyed], on_delivered: Callable[[Sequence[int], RecordMetadata], None]
    ) -> Many:
        """Publish many records as they are, without the wait and past interceptions; recording facts is left to
        `on_delivered`, which gets the places of the records of each batch and the metadata of its first."""
        real = self._producer.cluster.names.topic(topic)
        return Many(topic, self._producer, await self._producer.enqueue_many(real, records, on_delivered))

    @property
    def intercepted(self) -> bool:
        """Whether something stands between it and Kafka now."""
        return bool(self._interceptions)

    async def make_dead_letter_topic(self, topic: str) -> None:
        """Make a DLQ topic that the contracts did not foresee, if it is missing."""
        async with TopicsAdmin(self._producer.cluster) as topics:
            await topics.create([Topic(topic, "original key", "json", DLQ_PARTITIONS, DLQ_RETENTION_MS)])

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has. Raises UnknownName."""
        return len(await self._producer.partitions(self._producer.cluster.names.topic(topic)))

    async def make_side_topic(self, topic: str, like: str) -> None:
        """Make a topic with as many partitions as `like` has, if it is missing."""
        partitions = await self.partitions(like)
        async with TopicsAdmin(self._producer.cluster) as topics:
            await topics.create([Topic(topic, "original key", "json", partitions, SIDE_RETENTION_MS)])

    async def _through(self, interceptions: Sequence[Interception], record: Leaving) -> Posted:
        if not interceptions:
            return await self._enqueue(record)
        first, *others = interceptions
        return await first(record, self, lambda sent: self._through(others, sent))

    async def _enqueue(self, record: Leaving) -> Pending:
        topic, key, hop = record.topic, record.key, record.hop
        size_bytes = len(key or b"") + len(record.value or b"")
        text = None if key is None else key.decode("utf-8", "replace")

        def note(where: RecordMetadata) -> None:
            self._facts.record(
                RecordProduced(
                    at_ms=self._clock.now_ms(),
                    source=self._source,
                    topic=topic,
                    partition=where.partition,
                    offset=where.offset,
                    key=text,
                    size_bytes=size_bytes,
                    **trace_fields(hop),
                )
            )

        sent = await self._producer.enqueue(
            self._producer.cluster.names.topic(topic),
            key,
            record.value,
            headers=record.headers,
            partition=record.partition,
            timestamp_ms=record.timestamp_ms,
            on_delivered=note,
        )
        return Pending(topic, self._producer, sent)

    # What an interception may ask for

    async def partition_of(self, record: Leaving) -> int | None:
        """Where it will go; None when that is left to the producer. Raises as `publish`."""
        if record.partition is not None or record.key is None:
            return record.partition
        return await self._producer.partition_of(self._producer.cluster.names.topic(record.topic), record.key)

    async def content_of(self, record: Leaving) -> Any:
        """Its value as it was given, else decoded; None where that cannot be."""
        return record.content or (await self._values.view(record.topic, record.value)).value

    async def poisoned(self, record: Leaving, way: Poison) -> Leaving:
        """The record with a value that no consumer of its topic can read."""
        return replace(record, value=await self._values.poisoned(record.topic, record.value, way), content=None)


class Pending:
    """A record that was queued and is not known to be on the broker yet."""

    __slots__ = ("_producer", "_sent", "_topic")

    def __init__(self, topic: str, producer: RecordProducer, sent: Delivering) -> None:
        self._topic = topic
        self._producer = producer
        self._sent = sent

    @property
    def done(self) -> bool:
        return self._sent.future.done()

    async def published(self) -> Published:
        """Wait for the acknowledgement. Raises as `KafkaPublisher.publish`."""
        where = await self._producer.acknowledged(self._sent)
        return Published(self._topic, where.partition, where.offset)


class Many:
    """Records that were queued together."""

    __slots__ = ("_producer", "_sent", "_topic")

    def __init__(self, topic: str, producer: RecordProducer, sent: Sequence[tuple[Sequence[int], Delivering]]) -> None:
        self._topic = topic
        self._producer = producer
        self._sent = sent

    @property
    def done(self) -> bool:
        return all(each.future.done() for _, each in self._sent)

    async def published(self) -> Published:
        """Wait for the acknowledgement of all; where the last one is. Raises as `KafkaPublisher.publish`."""
        found = [(places, await self._producer.acknowledged(each)) for places, each in self._sent]
        places, first = max(found, key=lambda each: each[0][-1])
        return Published(self._topic, first.partition, first.offset + len(places) - 1)


def _merged(traced: Headers, given: Headers) -> list[tuple[str, bytes]]:
    if not given:
        return list(traced)
    names = {name.lower() for name, _ in given}
    return [(name, value) for name, value in traced if name.lower() not in names] + list(given)
