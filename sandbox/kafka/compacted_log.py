"""The registry's log in Kafka: a compacted topic of one partition, which any number of registries append to and follow.

It has the shape of the registry's `SchemaLog`; the composition root may bring that room's own record and error classes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.record import Record
from sandbox.errors import SandboxError, UsageError
from sandbox.kafka.cluster import Cluster, KafkaUnavailable
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.reader import LogReader
from sandbox.kafka.topics_admin import TopicsAdmin

__all__ = ["CompactedLog", "LogRecord"]

APPEND_LIMIT_S = 5.0
CONNECT_LIMIT_S = 5.0
POLL_S = 1.0
RECONNECT_S = 0.2


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as it stands in the log; a `value` of None is a tombstone."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_ms: int = 0


class CompactedLog:
    """`make_record(offset, key, value, headers, timestamp_ms)` builds what `follow` hands over; `too_large` is raised
    with a message when Kafka refuses the size of a record."""

    def __init__(
        self,
        cluster: Cluster,
        topic: str = "_schemas",
        *,
        make_record: Callable[[int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...], int], Any] = LogRecord,
        too_large: type[SandboxError] = UsageError,
    ) -> None:
        self._cluster = cluster
        self._topic = topic
        self._real = cluster.names.topic(topic)
        self._make_record = make_record
        self._too_large = too_large
        self._producer: RecordProducer | None = None
        self._offsets: LogReader | None = None
        self._readers: set[LogReader] = set()

    async def start(self) -> None:
        """Connect, and make the topic if it is missing. Raises KafkaUnavailable and leaves nothing open then."""
        await self.stop()
        producer = RecordProducer(self._cluster, client_id="schema-registry", delivery_timeout_s=APPEND_LIMIT_S)
        offsets = LogReader(self._cluster, client_id="schema-registry")
        is_open = False
        try:
            async with asyncio.TaskGroup() as group:
                for step in (self._make_topic(), producer.start(), offsets.start(CONNECT_LIMIT_S)):
                    group.create_task(step)
            is_open = True
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            if not is_open:
                await producer.stop()
                await offsets.stop()
        self._producer, self._offsets = producer, offsets

    async def _make_topic(self) -> None:
        async with TopicsAdmin(self._cluster, connect_timeout_s=CONNECT_LIMIT_S) as topics:
            await topics.create_compacted(self._topic)

    async def stop(self) -> None:
        """Disconnect, ending `follow`. Idempotent."""
        producer, self._producer = self._producer, None
        offsets, self._offsets = self._offsets, None
        readers, self._readers = self._readers, set()
        for reader in readers:
            await reader.stop()
        if producer is not None:
            await producer.stop()
        if offsets is not None:
            await offsets.stop()

    async def append(self, key: bytes, value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = ()) -> int:
        """Write one record and return its offset once Kafka has it.

        Raises KafkaUnavailable when it was not confirmed in 5 s (it may or may not turn up, but not later), and
        `too_large` when Kafka refuses its size.
        """
        if self._producer is None:
            raise self._cluster.unavailable(f"writing to {self._topic}", "not started")
        try:
            return (await self._producer.send(self._real, key, value, headers=headers, partition=0)).offset
        except UsageError as error:
            raise self._too_large(error.message, where=error.where, hint=error.hint) from error

    async def end_offset(self) -> int:
        """The offset that the next record will get. Raises KafkaUnavailable."""
        if self._offsets is None:
            raise self._cluster.unavailable(f"reading {self._topic}", "not started")
        (partition,) = await self._offsets.offsets([self._topic])
        return partition.end

    async def follow(self, apply: Callable[[Sequence[Any]], None], replayed: Callable[[], None] | None = None) -> None:
        """Hand every record to `apply` in offset order, from the beginning, and go on with new ones until cancelled or
        stopped. `replayed` is called once all that was there at the start has been applied.

        Waits while Kafka is away. Raises UnknownName when the topic is missing.
        """
        reader = LogReader(self._cluster, [self._topic], client_id="schema-registry")
        self._readers.add(reader)
        try:
            await self._connect(reader)
            while reader in self._readers:
                if replayed is not None and await reader.caught_up():
                    replayed()
                    replayed = None
                if records := await reader.poll(POLL_S):
                    apply([self._entry(record) for record in records])
        except KafkaUnavailable:
            if reader in self._readers:
                raise
        finally:
            self._readers.discard(reader)
            await reader.stop()

    async def _connect(self, reader: LogReader) -> None:
        while reader in self._readers:
            try:
                await reader.start(CONNECT_LIMIT_S)
                return
            except KafkaUnavailable:
                await asyncio.sleep(RECONNECT_S)

    def _entry(self, record: Record) -> Any:
        return self._make_record(record.offset, record.key, record.value, record.headers, record.timestamp_ms)
