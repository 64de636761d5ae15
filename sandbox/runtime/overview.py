"""Everything that a person looks at all day, put together from what the engine knows and asks anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.clock import Clock
from sandbox.contracts.names import DLQ_SUFFIX
from sandbox.errors import SandboxError, UpstreamUnavailable
from sandbox.observe.journal import Journal
from sandbox.observe.request_meter import RequestMeter
from sandbox.runtime.services_link import ServicesLink

if TYPE_CHECKING:
    from sandbox.runtime.dlq.desk import DlqDesk
    from sandbox.runtime.engine_kafka import EngineKafka

__all__ = ["EngineOverview"]

LIMIT_S = 3.0
WINDOWS_PER_SERVICE = 5


class EngineOverview:
    """`running` gives the processes of services that run now, `kafka` the engine's own use of Kafka once it has one.

    What does not answer is left out: an overview is asked for most when something is broken.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        status: Callable[[], Mapping[str, Any]],
        running: Callable[[], Sequence[ServicesLink]],
        faults: Callable[[], Awaitable[Sequence[Mapping[str, Any]]]],
        traffic: Callable[[], Mapping[str, Any]],
        kafka: Callable[[], EngineKafka | None],
        desk: Callable[[], Awaitable[DlqDesk]],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._requests = RequestMeter(journal, clock)
        self._status = status
        self._running = running
        self._faults = faults
        self._traffic = traffic
        self._kafka = kafka
        self._desk = desk
        self._dlq_ends: dict[str, int] | None = None

    async def look(self) -> dict[str, Any]:
        """An `Overview`."""
        (topics, letters), faults, processes = await asyncio.gather(
            self._topics_and_letters(),
            _or((), self._faults()),
            asyncio.gather(*(_or({}, each.admin.status()) for each in self._running())),
        )
        return {
            "journal": self._journal.identity,
            "at_ms": self._clock.now_ms(),
            "status": self._status(),
            "requests": self._requests.to_json(),
            "breakers": {name: each for process in processes for name, each in process.get("breakers", {}).items()},
            "limits": [each for process in processes for each in _windows(process.get("limit_windows", ()))],
            "topics": topics,
            "dlq": list(letters),
            "faults": list(faults),
            "traffic": self._traffic(),
        }

    async def partitions(self, topic: str) -> list[dict[str, Any]]:
        """A `PartitionCount` each. Raises UnknownName, or UpstreamUnavailable while there is no Kafka."""
        kafka = self._kafka()
        if kafka is None:
            raise UpstreamUnavailable("Kafka has not started yet", where="kafka", hint="see `sandbox status`")
        return await kafka.counts.partitions(topic)

    async def _topics_and_letters(self) -> tuple[list[dict[str, Any]] | None, Sequence[Mapping[str, Any]]]:
        kafka = self._kafka()
        if kafka is None:
            return None, ()
        topics = await _or(None, kafka.counts.look())
        return topics, await _or((), self._letters(topics or ()))

    async def _letters(self, topics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The desk reads the DLQ topics only when one of them has grown."""
        desk = await self._desk()
        ends = {each["name"]: each["produced"] for each in topics if each["name"].endswith(DLQ_SUFFIX)}
        if ends != self._dlq_ends:
            rows = await desk.topics()
            self._dlq_ends = ends
        else:
            rows = desk.standing()
        return [
            {
                "topic": row["topic"],
                "dlq_topic": row["dlqTopic"],
                "depth": row["depth"],
                "total": row["letters"],
                "categories": row["categories"],
            }
            for row in rows
        ]


def _windows(windows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The fullest of each service."""
    by_service: dict[str, list[Mapping[str, Any]]] = {}
    for each in sorted(windows, key=lambda window: -window["used"] / max(1, window["limit"])):
        by_service.setdefault(each["service"], []).append(each)
    return [each for found in by_service.values() for each in found[:WINDOWS_PER_SERVICE]]


async def _or(otherwise: Any, asking: Awaitable[Any]) -> Any:
    """`otherwise` when it is refused or takes too long."""
    try:
        async with asyncio.timeout(LIMIT_S):
            return await asking
    except (SandboxError, TimeoutError):
        return otherwise
