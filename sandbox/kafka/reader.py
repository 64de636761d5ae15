"""Reads partitions without a consumer group: it joins nothing, commits nothing, stays while Kafka comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaConnectionError, KafkaError

from sandbox.contracts.record import Record
from sandbox.errors import UnknownName
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.request import ask
from sandbox.kafka.shutdown import close_consumer

__all__ = ["From", "LogReader", "PartitionOffsets", "Standing"]

CONNECT_RETRY_S = 0.05
CLOSE_S = 1.0
FETCH_PARTITION_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class From:
    """Where to begin in each partition: its beginning, its end, an offset, or the first record at or after a time.

    `offsets` gives an offset to single partitions, by logical topic and number; the others begin as the rest says.
    """

    end: bool = False
    offset: int | None = None
    timestamp_ms: int | None = None
    offsets: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartitionOffsets:
    """`begin` is the first offset kept, `end` the one the next record gets; their difference counts the records of a
    topic that is not compacted."""

    topic: str
    partition: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Exact, by offsets: records `published` since the reader's start, those still `unread`, those `skipped` now."""

    published: int
    unread: int
    skipped: int


class LogReader:
    """Reads all partitions of `topics` (logical names), or only `partition` of each, in order per partition.

    Positions are fixed when `start` returns: what is published after that will be read, what was there before is read
    as `begin` says. `poll` returns what has come; a broker that is away is only quiet.
    """

    def __init__(
        self,
        cluster: Cluster,
        topics: Sequence[str] = (),
        *,
        begin: From | None = None,
        partition: int | None = None,
        client_id: str = "sandbox-reader",
        fetch_bytes: int = FETCH_PARTITION_BYTES,
    ) -> None:
        """`fetch_bytes` is what one partition may send at once: little for a reader that leaves most of it out."""
        self._fetch_bytes = fetch_bytes
        self._cluster = cluster
        self._topics = tuple(topics)
        self._begin = begin or From()
        self._partition = partition
        self._client_id = client_id
        self._consumer: AIOKafkaConsumer | None = None
        self._ends: dict[TopicPartition, int] = {}

    async def __aenter__(self) -> LogReader:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, limit_s: float = 10.0) -> None:
        """Connect and fix the positions. Raises UnknownName for a missing topic or partition, KafkaUnavailable."""
        consumer = AIOKafkaConsumer(
            **self._cluster.options(self._client_id),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=self._fetch_bytes,
        )
        try:
            async with asyncio.timeout(limit_s):
                await _connect(consumer)
                if self._topics:
                    await self._take_positions(consumer)
        except TimeoutError as error:
            await close_consumer(consumer, leave=False, limit_s=CLOSE_S)
            raise self._cluster.unavailable("starting to read", self._topics and ", ".join(self._topics)) from error
        except BaseException:
            await close_consumer(consumer, leave=False, limit_s=CLOSE_S)
            raise
        self._consumer = consumer

    async def stop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await close_consumer(consumer, leave=False, limit_s=CLOSE_S)

    async def poll(self, wait_s: float = 1.0, *, limit: int | None = None) -> list[Record]:
        """What has come since the last call, at most `limit` records, waiting up to `wait_s` for the first; empty when
        nothing did.

        Raises KafkaUnavailable when the reader is stopped, or when Kafka refuses for good.
        """
        consumer = self._open
        try:
            fetched = await consumer.getmany(timeout_ms=max(1, round(wait_s * 1000)), max_records=limit)
        except (KafkaError, ConsumerStoppedError) as error:
            raise self._cluster.unavailable("reading", error) from error
        logical = self._cluster.names.logical
        return [
            Record(
                topic=logical(each.topic),
                partition=each.partition,
                offset=each.offset,
                timestamp_ms=each.timestamp,
                key=each.key,
                value=each.value,
                headers=tuple(each.headers),
            )
            for records in fetched.values()
            for each in records
        ]

    async def positions(self) -> dict[tuple[str, int], int]:
        """The offset that is read next, by logical topic and partition."""
        consumer = self._open
        logical = self._cluster.names.logical
        return {(logical(each.topic), each.partition): await consumer.position(each) for each in self._ends}

    async def skip(self, keep: int) -> Standing:
        """Go on with the newest records where more than `keep` (at least one) of a partition are unread."""
        consumer = self._open
        ends = await ask(self._cluster, "reading end offsets", consumer.end_offsets(list(self._ends)))
        skipped = unread = 0
        for partition, end in ends.items():
            newest = end - max(1, keep)
            position = await consumer.position(partition)
            if position < newest:
                skipped += newest - position
                consumer.seek(partition, newest)
            unread += end - max(position, newest)
        return Standing(sum(end - self._ends[partition] for partition, end in ends.items()), unread, skipped)

    async def caught_up(self) -> bool:
        """Whether every partition has been read up to where its end was at `start`."""
        consumer = self._open
        for partition, end in self._ends.items():
            if await consumer.position(partition) < end:
                return False
        return True

    async def offsets(self, topics: Sequence[str] | None = None, *, suffix: str = "") -> list[PartitionOffsets]:
        """First and end offsets now, of logical `topics` (default: all under the cluster's prefix whose name ends with
        `suffix`), in order."""
        consumer = self._open
        names = self._cluster.names
        found = await self._partitions(consumer)
        if topics is None:
            wanted = [topic for topic in found if topic.startswith(names.prefix) and topic.endswith(suffix)]
        else:
            wanted = [names.topic(topic) for topic in topics if names.topic(topic) in found]
        partitions = [TopicPartition(topic, number) for topic in wanted for number in sorted(found[topic])]
        doing = "reading offsets"
        # All at once: aiokafka 0.14 learns the leaders of one topic after the other, and waits 0.1 s after each.
        await asyncio.gather(*(ask(self._cluster, doing, consumer._client.add_topic(topic)) for topic in wanted))
        begins = await ask(self._cluster, doing, consumer.beginning_offsets(partitions))
        ends = await ask(self._cluster, doing, consumer.end_offsets(partitions))
        return [
            PartitionOffsets(names.logical(each.topic), each.partition, begins[each], ends[each])
            for each in sorted(partitions)
        ]

    @property
    def _open(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise self._cluster.unavailable("reading", "the reader is stopped")
        return self._consumer

    async def _take_positions(self, consumer: AIOKafkaConsumer) -> None:
        found = await self._partitions(consumer)
        partitions = [
            TopicPartition(topic, number)
            for topic in map(self._cluster.names.topic, self._topics)
            for number in self._wanted(topic, found.get(topic))
        ]
        consumer.assign(partitions)
        self._ends = await ask(self._cluster, "reading end offsets", consumer.end_offsets(partitions))
        begins = await self._begins(consumer, partitions)
        for partition in partitions:
            at = (self._cluster.names.logical(partition.topic), partition.partition)
            consumer.seek(partition, self._begin.offsets.get(at, begins[partition]))

    async def _begins(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        doing = "finding where to begin"
        if self._begin.end:
            return self._ends
        firsts = await ask(self._cluster, doing, consumer.beginning_offsets(partitions))
        if self._begin.offset is not None:
            wanted = self._begin.offset
            return {each: min(max(wanted, firsts[each]), self._ends[each]) for each in partitions}
        if self._begin.timestamp_ms is not None:
            times = dict.fromkeys(partitions, self._begin.timestamp_ms)
            found = await ask(self._cluster, doing, consumer.offsets_for_times(times))
            return {each: found[each].offset if found[each] else self._ends[each] for each in partitions}
        return firsts

    def _wanted(self, topic: str, numbers: set[int] | None) -> list[int]:
        if not numbers:
            raise UnknownName(f"there is no topic {topic!r}", where=topic, hint="`sandbox topics list` shows them all")
        if self._partition is None:
            return sorted(numbers)
        if self._partition not in numbers:
            raise UnknownName(f"there is no partition {self._partition}: it has {len(numbers)}", where=topic)
        return [self._partition]

    async def _partitions(self, consumer: AIOKafkaConsumer) -> dict[str, set[int]]:
        """Partition numbers by real topic name. All topics are asked for: asking for one by name might make it."""
        try:
            cluster = await ask(self._cluster, "reading the list of topics", consumer._client.fetch_all_metadata())
        except KafkaError as error:
            raise self._cluster.unavailable("reading the list of topics", error) from error
        return {topic: cluster.partitions_for_topic(topic) or set() for topic in cluster.topics(False)}


async def _connect(consumer: AIOKafkaConsumer) -> None:
    while True:
        try:
            await consumer.start()
            return
        except KafkaConnectionError:
            await asyncio.sleep(CONNECT_RETRY_S)
