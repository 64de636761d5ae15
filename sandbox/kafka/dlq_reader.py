"""Reads DLQ topics from where somebody stopped to where they end now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.contracts.record import Record
from sandbox.kafka.cluster import ASKED_CONNECT_LIMIT_S, Cluster
from sandbox.kafka.groups import GroupsAdmin
from sandbox.kafka.reader import From, LogReader, PartitionOffsets

__all__ = ["DlqReader", "Progress"]

CLIENT_ID = "sandbox-dlq"
POLL_S = 0.5
PATIENCE_POLLS = 20
Positions = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Progress:
    """`records` that were read together, and the next offset of each partition after them."""

    records: tuple[Record, ...]
    positions: Positions


class DlqReader:
    """Keeps one connection for offsets; close it when done.

    All methods raise KafkaUnavailable. Topics are named by their logical DLQ name, `perception.events.dlq`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._offsets: LogReader | None = None

    async def ends(self) -> list[PartitionOffsets]:
        """First and end offsets of every DLQ topic there is."""
        if self._offsets is None:
            reader = LogReader(self._cluster, client_id=CLIENT_ID)
            await reader.start(ASKED_CONNECT_LIMIT_S)
            self._offsets = reader
        return await self._offsets.offsets(suffix=DLQ_SUFFIX)

    async def close(self) -> None:
        reader, self._offsets = self._offsets, None
        if reader is not None:
            await reader.stop()

    async def read(self, ends: Sequence[PartitionOffsets], positions: Positions) -> AsyncIterator[Progress]:
        """What stands between `positions` (next offset of each partition, default its first) and `ends`."""
        begins = {(each.topic, each.partition): each.begin for each in ends}
        due = {at for at, begin in begins.items() if max(begin, positions.get(at, 0)) < _end(ends, at)}
        if not due:
            return
        offsets = {at: max(begin, positions.get(at, 0)) for at, begin in begins.items()}
        topics = sorted({topic for topic, _ in due})
        async with LogReader(self._cluster, topics, begin=From(offsets=offsets), client_id=CLIENT_ID) as reader:
            quiet = 0
            while quiet < PATIENCE_POLLS:
                done = await reader.caught_up()
                records = await reader.poll(0 if done else POLL_S)
                quiet = 0 if records else quiet + 1
                if records or done:
                    yield Progress(tuple(records), await reader.positions())
                if done:
                    return
        raise self._cluster.unavailable(f"reading {', '.join(topics)}", f"nothing came for {PATIENCE_POLLS * POLL_S} s")

    async def committed(self, groups: Sequence[str]) -> dict[tuple[str, str, int], int]:
        """How far groups (real names) have come: (group, topic, partition) → the next offset that they will handle."""
        logical = {self._cluster.names.logical(group): group for group in groups}
        async with GroupsAdmin(self._cluster) as admin:
            described = await admin.committed(list(logical))
        return {
            (logical[group], topic, partition): offset
            for group, offsets in described.items()
            for (topic, partition), offset in offsets.items()
        }


def _end(ends: Sequence[PartitionOffsets], at: tuple[str, int]) -> int:
    return next(each.end for each in ends if (each.topic, each.partition) == at)
