"""Topics in numbers, from offsets alone: exact, and cheap enough to ask for all day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import SandboxError, UnknownName
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.groups import GroupsAdmin

__all__ = ["TopicCounts"]

FRESH_S = 0.3
GROUPS_EVERY_S = 5.0


class TopicCounts:
    """Keeps its connection. Askers within `FRESH_S` seconds share one answer. `joined` gives the services' consumer
    groups with their `topics`. Raises KafkaUnavailable; close when done."""

    def __init__(self, cluster: Cluster, joined: Callable[[], Mapping[str, Mapping[str, Any]]], clock: Clock) -> None:
        self._cluster = cluster
        self._joined = joined
        self._clock = clock
        self._admin: GroupsAdmin | None = None
        self._turn = asyncio.Lock()
        self._found: list[dict[str, Any]] = []
        self._found_ns: int | None = None
        self._partitions: dict[str, list[dict[str, Any]]] = {}
        self._groups: tuple[str, ...] = ()
        self._groups_ns: int | None = None

    async def look(self) -> list[dict[str, Any]]:
        """A `TopicCount` each, sorted by name."""
        async with self._turn:
            if self._age_s(self._found_ns) > FRESH_S:
                try:
                    self._found = await self._ask()
                except SandboxError:
                    await self.close()
                    raise
                self._found_ns = self._clock.monotonic_ns()
            return self._found

    async def partitions(self, topic: str) -> list[dict[str, Any]]:
        """A `PartitionCount` each. Raises UnknownName, after a look at what may just have been made."""
        await self.look()
        if topic not in self._partitions:
            self._found_ns = None
            await self.look()
        if topic not in self._partitions:
            raise UnknownName(f"there is no topic {topic!r}", where=topic, hint="`sandbox topics list` shows them all")
        return self._partitions[topic]

    async def close(self) -> None:
        admin, self._admin = self._admin, None
        self._groups_ns = self._found_ns = None
        if admin is not None:
            await admin.stop()

    async def _ask(self) -> list[dict[str, Any]]:
        if self._admin is None:
            admin = GroupsAdmin(self._cluster)
            await admin.__aenter__()
            self._admin = admin
        admin = self._admin
        if self._age_s(self._groups_ns) > GROUPS_EVERY_S:
            self._groups = await admin.names()
            self._groups_ns = self._clock.monotonic_ns()
        joined = {group: each.get("topics", ()) for group, each in self._joined().items()}
        committed = await admin.committed(sorted({*self._groups, *joined}))
        sizes = await admin.sizes()
        topics: dict[str, dict[str, Any]] = {}
        partitions: dict[str, list[dict[str, Any]]] = {}
        for at in await admin.offsets():
            topic = topics.setdefault(at.topic, _nothing(at.topic))
            topic["size_bytes"] = sizes.get(at.topic)
            topic["partitions"] += 1
            topic["records"] += at.end - at.begin
            topic["produced"] += at.end
            lags: dict[str, int] = {}
            partition = {"partition": at.partition, "begin": at.begin, "end": at.end, "lag": lags}
            partitions.setdefault(at.topic, []).append(partition)
            for group, offsets in committed.items():
                offset = offsets.get((at.topic, at.partition))
                if offset is not None or at.topic in joined.get(group, ()):
                    lags[group] = lag = max(0, at.end - max(at.begin, offset or 0))
                    topic["lag"][group] = topic["lag"].get(group, 0) + lag
        self._partitions = partitions
        return [topics[name] for name in sorted(topics)]

    def _age_s(self, since_ns: int | None) -> float:
        return float("inf") if since_ns is None else (self._clock.monotonic_ns() - since_ns) / 1e9


def _nothing(name: str) -> dict[str, Any]:
    return {
        "name": name, "partitions": 0, "records": 0, "produced": 0, "lag": {},
        "internal": name.startswith("_"),
    }  # fmt: skip
