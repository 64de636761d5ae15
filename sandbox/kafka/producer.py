"""The one producer of a process: acks=all, idempotent, and bounded in what it takes on and how long it tries.

aiokafka retries an idempotent batch for ever and its `stop` waits for that. Here a record that Kafka has not
acknowledged within `delivery_timeout_s` fails, and with it everything else that is queued: the producer is thrown away
and replaced, so that nothing turns up long after its publisher was told otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    TopicAuthorizationFailedError,
    UnknownProducerId,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata

from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.errors import UnknownName, UpstreamUnavailable, UsageError
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.request import AWAY
from sandbox.kafka.shutdown import abort_producer

__all__ = ["DEAD_LETTER_LIMIT_BYTES", "RECORD_LIMIT_BYTES", "Delivering", "Keyed", "RecordProducer"]

RECORD_LIMIT_BYTES = 1024 * 1024
"""Kafka's usual limit. Checked here, since a batch that the broker refuses ends an idempotent producer's sequence."""
DEAD_LETTER_LIMIT_BYTES = 16 * 1024 * 1024
"""Largest record on a DLQ topic: a dead letter holds its original twice, as text and in base64."""
OVERHEAD_BYTES = 128
SURELY_SMALL_BYTES = 512 * 1024
SURELY_FEW_HEADERS = 5
"""The tracing ones. What has no more, and no larger value, is not measured where many are sent at once."""
BATCH_BYTES = 65_536
"""What waits for one partition; records gather in it while the request before it is under way, so none lingers."""
GRACE_S = 1.0
"""After a pause of the whole machine every deadline has passed: time for the answers that are already on their way."""
_SEQUENCE_LOST = (
    InvalidProducerEpoch, InvalidProducerIdMapping, OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId,
)  # fmt: skip


class Keyed(NamedTuple):
    """A record to send; `partition` is chosen by the key when it is None."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None


class RecordProducer:
    """Sends raw records to real topic names. Connects at the first record, or at `start`."""

    def __init__(
        self, cluster: Cluster, *, client_id: str = "sandbox-producer", delivery_timeout_s: float = 10.0
    ) -> None:
        self.cluster = cluster
        self._client_id = client_id
        self._limit_s = delivery_timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._closed = False

    async def start(self) -> None:
        """Connect now. Raises KafkaUnavailable."""
        await self._connected()

    async def stop(self, *, flush_s: float = 2.0) -> None:
        """Send what is queued, for at most `flush_s`, and disconnect. What is left then fails. Idempotent."""
        self._closed = True
        producer, self._producer = self._producer, None
        if producer is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(flush_s):
                await producer.flush()
        await abort_producer(producer)

    async def flush(self, limit_s: float) -> None:
        """Return when everything taken for sending is acknowledged. Raises KafkaUnavailable when that takes longer."""
        if self._producer is None:
            return
        try:
            async with asyncio.timeout(limit_s):
                await self._producer.flush()
        except TimeoutError:
            raise self.cluster.unavailable("sending what is queued", f"not done in {limit_s:g} s") from None

    async def partitions(self, topic: str) -> set[int]:
        """Partition numbers of a real topic. Raises UnknownName when there is none, KafkaUnavailable."""
        return await self._known_topic(await self._connected(), topic)

    async def partition_of(self, topic: str, key: bytes) -> int:
        """The partition of a key on a real topic. Raises UnknownName when there is none, KafkaUnavailable."""
        return _hash(key) % len(await self.partitions(topic))

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> RecordMetadata:
        """Send one record and wait until the broker has it.

        Raises KafkaUnavailable when it is not acknowledged in time (it may have been written), UsageError when the
        topic, the partition or the size will not do, UpstreamUnavailable when Kafka refuses for another reason.
        """
        return await self.acknowledged(
            await self.enqueue(topic, key, value, headers=headers, partition=partition, timestamp_ms=timestamp_ms)
        )

    async def enqueue(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
        on_delivered: Callable[[RecordMetadata], None] | None = None,
    ) -> Delivering:
        """Take one record for sending and return without its acknowledgement.

        Waits only while the queue is full, and no longer than the cluster's request timeout. `on_delivered` is called
        when the broker has the record, whether anybody waits for it or not.
        """
        if key is None and value is None:
            raise UsageError("a record needs a key or a value", where=topic)
        _check_size(topic, key, value, headers)
        producer = await self._connected()
        partitions = await self._known_topic(producer, topic)
        if partition is None and key is not None:
            partition = _hash(key) % len(partitions)
        elif partition is not None and partition not in partitions:
            raise UnknownName(f"there is no partition {partition}: it has {len(partitions)}", where=topic)
        sending = producer.send(
            topic, value, key=key, partition=partition, timestamp_ms=timestamp_ms, headers=list(headers)
        )
        return await self._send(producer, topic, sending, on_delivered)

    async def enqueue_many(
        self, topic: str, records: Sequence[Keyed], on_delivered: Callable[[Sequence[int], RecordMetadata], None]
    ) -> list[tuple[Sequence[int], Delivering]]:
        """Take many records for sending at once, a batch for each partition, at a fraction of the cost of one by one.

        The order within a partition is kept. Each batch comes with the places of its records in `records`; so is
        `on_delivered` called, with the metadata of the first. Waits and raises as `enqueue`, when some may be sent.
        """
        for record in records:
            if record.key is None and record.value is None:
                raise UsageError("a record needs a key or a value", where=topic)
            if len(record.value or b"") > SURELY_SMALL_BYTES or len(record.headers) > SURELY_FEW_HEADERS:
                _check_size(topic, record.key, record.value, record.headers)
        producer = await self._connected()
        partitions = await self._known_topic(producer, topic)
        by_partition: dict[int, list[int]] = {}
        for place, record in enumerate(records):
            by_partition.setdefault(_partition(topic, record, partitions), []).append(place)
        found = []
        for partition, places in by_partition.items():
            while places:
                batch = producer.create_batch()
                taken, places = _fill(batch, records, places)
                sending = self._batch(producer, batch, topic, partition)
                found.append((taken, await self._send(producer, topic, sending, partial(on_delivered, taken))))
        return found

    @staticmethod
    async def _batch(producer: AIOKafkaProducer, batch: Any, topic: str, partition: int) -> Any:
        return await producer.send_batch(batch, topic, partition=partition)

    async def _send(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        sending: Coroutine[Any, Any, Any],
        on_delivered: Callable[[RecordMetadata], None] | None,
    ) -> Delivering:
        try:
            future = await sending
        except (*AWAY, *_SEQUENCE_LOST) as error:
            await self._discard(producer)
            raise self.cluster.unavailable(f"publishing to {topic}", error) from error
        except KafkaError as error:
            await self._discard(producer)
            raise self._refused(topic, error) from error
        return Delivering(producer, topic, future, on_delivered)

    async def acknowledged(self, sent: Delivering) -> RecordMetadata:
        """Wait for the acknowledgement of an enqueued record. Raises as `send`."""
        if not sent.future.done():
            await asyncio.wait([sent.future], timeout=sent.left_s(self._limit_s))
        if not sent.future.done():
            await asyncio.wait([sent.future], timeout=GRACE_S)
        if not sent.future.done():
            await self._discard(sent.producer)
            raise self.cluster.unavailable(f"publishing to {sent.topic}", f"no acknowledgement in {self._limit_s:g} s")
        try:
            return sent.future.result()
        except _SEQUENCE_LOST as error:
            await self._discard(sent.producer)
            raise self.cluster.unavailable(f"publishing to {sent.topic}", error) from error
        except AWAY as error:
            raise self.cluster.unavailable(f"publishing to {sent.topic}", error) from error
        except KafkaError as error:
            await self._discard(sent.producer)
            raise self._refused(sent.topic, error) from error

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is not None:
            return self._producer
        async with self._connecting:
            if self._producer is None:
                self._producer = await self._connect()
            return self._producer

    async def _connect(self) -> AIOKafkaProducer:
        if self._closed:
            raise self.cluster.unavailable("publishing", "this producer is closed")
        producer = AIOKafkaProducer(
            **self.cluster.options(self._client_id),
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            max_request_size=DEAD_LETTER_LIMIT_BYTES + OVERHEAD_BYTES,
        )
        try:
            async with asyncio.timeout(self._limit_s):
                await producer.start()
        except AWAY as error:
            await abort_producer(producer)
            raise self.cluster.unavailable("connecting", error) from error
        except BaseException:
            await abort_producer(producer)
            raise
        return producer

    async def _known_topic(self, producer: AIOKafkaProducer, topic: str) -> set[int]:
        """The topic's partitions. Asks for all topics, since asking for one by name would make it on some clusters."""
        client = producer.client
        partitions = client.cluster.partitions_for_topic(topic)
        if partitions:
            return partitions
        try:
            async with asyncio.timeout(self._limit_s):
                found = (await client.fetch_all_metadata()).partitions_for_topic(topic)
        except (KafkaError, TimeoutError) as error:
            raise self.cluster.unavailable(f"looking for the topic {topic}", error) from error
        if not found:
            raise UnknownName(f"there is no topic {topic!r}", where=topic, hint="`sandbox topics list` shows them all")
        return found

    async def _discard(self, producer: AIOKafkaProducer) -> None:
        if producer is self._producer:
            self._producer = None
        await abort_producer(producer)

    def _refused(self, topic: str, error: KafkaError) -> Exception:
        if isinstance(error, MessageSizeTooLargeError):
            return UsageError("the record is larger than the topic takes (max.message.bytes)", where=topic)
        if isinstance(error, UnknownTopicOrPartitionError):
            return UnknownName(f"there is no topic {topic!r}", where=topic, hint="`sandbox topics list` shows them all")
        if isinstance(error, TopicAuthorizationFailedError):
            hint = "the credentials may not write to it"
            return UpstreamUnavailable(f"Kafka does not let us write to {topic}", where=topic, hint=hint)
        reason = getattr(error, "description", None) or str(error) or type(error).__name__
        return UpstreamUnavailable(f"Kafka refused a record for {topic}: {reason}", where=topic)


class Delivering:
    """A record on its way to the broker."""

    __slots__ = ("_on_delivered", "_since_s", "future", "producer", "topic")

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        future: asyncio.Future[Any],
        on_delivered: Callable[[RecordMetadata], None] | None,
    ) -> None:
        self.producer = producer
        self.topic = topic
        self.future = future
        self._on_delivered = on_delivered
        self._since_s = time.monotonic()
        future.add_done_callback(self._ended)

    def left_s(self, limit_s: float) -> float:
        """Seconds left of `limit_s`."""
        return max(0.0, self._since_s + limit_s - time.monotonic())

    def _ended(self, future: asyncio.Future[Any]) -> None:
        # Nobody may be waiting any more: the error is asked for, so that it is not reported as forgotten.
        if not future.cancelled() and future.exception() is None and self._on_delivered is not None:
            self._on_delivered(future.result())


def _partition(topic: str, record: Keyed, partitions: set[int]) -> int:
    if record.partition is not None:
        if record.partition not in partitions:
            message = f"there is no partition {record.partition}: it has {len(partitions)}"
            raise UnknownName(message, where=topic)
        return record.partition
    return random.randrange(len(partitions)) if record.key is None else _hash(record.key) % len(partitions)


def _fill(batch: Any, records: Sequence[Keyed], places: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Put records into a batch as far as they fit; the places of those and of the rest."""
    append = batch.append
    for taken, place in enumerate(places):
        key, value, headers, _ = records[place]
        if append(timestamp=None, key=key, value=value, headers=headers) is None:
            return places[:taken], places[taken:]
    return places, ()


def _check_size(topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> None:
    size_bytes = len(key or b"") + len(value or b"")
    for name, text in headers:
        size_bytes += len(name) + len(text or b"") + 8
    limit_bytes = DEAD_LETTER_LIMIT_BYTES if topic.endswith(DLQ_SUFFIX) else RECORD_LIMIT_BYTES
    if size_bytes + OVERHEAD_BYTES > limit_bytes:
        raise UsageError(f"the record has {size_bytes} bytes, more than the {limit_bytes} a topic takes", where=topic)


@lru_cache(maxsize=8_192)
def _hash(key: bytes) -> int:
    """Kafka's own, which chooses the partition of a key; remembered, since it is slow in Python and keys come again."""
    return murmur2(key) & 0x7FFFFFFF
