"""Tells the ledger what only Kafka knows: where partitions end, and what groups have committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.errors import SandboxError
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.groups import GroupsAdmin
from sandbox.kafka.reader import PartitionOffsets
from sandbox.observe.ledger import Ledger

__all__ = ["LedgerFeed"]

log = logging.getLogger(__name__)

ASK_EVERY_S = 1.0


class LedgerFeed:
    """`groups` gives the services' consumer groups with their `topics`. Committed offsets are asked for only while they
    tell something new; while Kafka is away the ledger goes on with the facts."""

    def __init__(self, ledger: Ledger, cluster: Cluster, groups: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
        self._ledger = ledger
        self._cluster = cluster
        self._groups = groups

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if self._groups():
                    await self._session()
            except SandboxError as error:
                log.info("ledger: %s", error.message)
            await asyncio.sleep(ASK_EVERY_S)

    async def _session(self) -> None:
        """On one connection, until Kafka goes away. Raises KafkaUnavailable."""
        async with GroupsAdmin(self._cluster) as admin:
            while True:
                await self.look(admin)
                await asyncio.sleep(ASK_EVERY_S)

    async def look(self, admin: GroupsAdmin) -> None:
        """Raises KafkaUnavailable."""
        groups = {group: tuple(each.get("topics", ())) for group, each in self._groups().items()}
        for group, topics in groups.items():
            self._ledger.subscribe(group, topics)
        topics = sorted({topic for each in groups.values() for topic in each})
        ends = await admin.offsets(topics)
        read = {group: [each for each in ends if each.topic in groups[group]] for group in groups}
        committed = await admin.committed(self._wanting(read))
        # Asked once more: while Kafka answered, somebody may have set a group's offsets, which makes its answer old.
        for group in set(self._wanting(read)).intersection(committed):
            for each in read[group]:
                stood = committed[group].get((each.topic, each.partition), each.begin)
                self._ledger.position(group, each.topic, each.partition, stood)
        for each in ends:
            self._ledger.end_offset(each.topic, each.partition, each.end, begin=each.begin)

    def _wanting(self, read: Mapping[str, Sequence[PartitionOffsets]]) -> list[str]:
        """The groups whose committed offsets would tell something."""
        return [
            group
            for group, partitions in read.items()
            if self._ledger.wants_position(group, [(each.topic, each.partition) for each in partitions])
        ]
