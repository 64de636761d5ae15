"""Topics as the control API shows them: counts, one topic in detail, following one, publishing to one."""

from __future__ import annotations

import base64
import difflib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.poison import least_value
from sandbox.contracts.topic import DAY_MS, Topic
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import Conflict, UnknownName, UsageError
from sandbox.events.facts import FactSink
from sandbox.kafka.cluster import ASKED_CONNECT_LIMIT_S
from sandbox.kafka.publisher import Interception
from sandbox.kafka.reader import LogReader
from sandbox.kafka.tap import From, Tap
from sandbox.kafka.topics_admin import TopicsAdmin
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.records_view import shown

__all__ = ["TopicsView"]

SOURCE = "control"
OWN_RETENTION_MS = 7 * DAY_MS


class TopicsView:
    """Counts come from offsets, so they are exact whatever anybody watches. Raises UpstreamUnavailable throughout."""

    def __init__(
        self, clients: KafkaClients, facts: FactSink, clock: Clock, outgoing: Sequence[Interception] = ()
    ) -> None:
        self._clients = clients
        self._publisher = clients.publisher(SOURCE, facts, clock, interceptions=outgoing)

    async def all(self) -> list[dict[str, Any]]:
        async with TopicsAdmin(self._clients.cluster, connect_timeout_s=ASKED_CONNECT_LIMIT_S) as admin:
            names = await admin.names(internal=True)
        async with LogReader(self._clients.cluster, client_id="sandbox-topics") as reader:
            offsets = await reader.offsets(names)
        topics: dict[str, dict[str, Any]] = {
            name: {"name": name, "partitions": 0, "records": 0, "internal": name.startswith("_")} for name in names
        }
        for each in offsets:
            topics[each.topic]["partitions"] += 1
            topics[each.topic]["records"] += each.end - each.begin
        return list(topics.values())

    async def one(self, name: str) -> dict[str, Any]:
        """Partitions with their offsets, settings, contract. Raises UnknownName with the nearest name."""
        async with TopicsAdmin(self._clients.cluster, connect_timeout_s=ASKED_CONNECT_LIMIT_S) as admin:
            known = await admin.names(internal=True)
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else "`sandbox topics list` shows them all"
                raise UnknownName(f"there is no topic {name!r}", where=name, hint=hint)
            described = await admin.describe(name)
        async with LogReader(self._clients.cluster, client_id="sandbox-topics") as reader:
            offsets = await reader.offsets([name])
        contract = self._clients.contracts.topics.get(name)
        return {
            "name": name,
            "partitions": [{"partition": each.partition, "begin": each.begin, "end": each.end} for each in offsets],
            "records": sum(each.end - each.begin for each in offsets),
            "replication": described.replication,
            "config": described.config,
            "contract": {
                "key": contract.key,
                "format": contract.format,
                "schema": contract.schema,
                "example": self._example(name),
            }
            if contract
            else None,
        }

    def _example(self, topic: str) -> Any:
        """The simplest value that fits the topic's schema; None where it has none."""
        schema = self._clients.contracts.schema_of(topic)
        return None if schema is None else least_value(schema)

    async def create(self, name: str, partitions: int) -> dict[str, Any]:
        """Make a topic that no contract has, if it is missing. Raises Conflict when it has other partitions."""
        self._refuse_ours(name)
        async with TopicsAdmin(self._clients.cluster, connect_timeout_s=ASKED_CONNECT_LIMIT_S) as admin:
            made = await admin.create([Topic(name, "any", "json", partitions, OWN_RETENTION_MS)])
        if made.differing:
            raise Conflict(f"there is a topic {name!r} with another number of partitions", where="partitions")
        return {"name": name, "partitions": partitions}

    async def delete(self, name: str) -> dict[str, Any]:
        """Delete a topic that no contract has. Raises UnknownName with the nearest name."""
        self._refuse_ours(name)
        async with TopicsAdmin(self._clients.cluster, connect_timeout_s=ASKED_CONNECT_LIMIT_S) as admin:
            if name not in await admin.names():
                await self.one(name)
            await admin.delete([name])
        return {"name": name, "partitions": 0}

    def _refuse_ours(self, name: str) -> None:
        if name in self._clients.contracts.topics or name.startswith("_"):
            raise Conflict(f"the topic {name!r} is the sandbox's own", where=name, hint="choose another name")

    async def tail(self, topic: str, *, start: str | int) -> AsyncGenerator[Mapping[str, Any], None]:
        """Records from `latest`, `earliest` or a time (epoch ms) on, without end."""
        begin = From(timestamp_ms=start) if isinstance(start, int) else From(end=start == "latest")
        async with Tap(self._clients.cluster, [topic], self._clients.values, begin=begin) as tap:
            while True:
                for record in await tap.poll():
                    yield shown(record)

    async def publish(
        self,
        topic: str,
        *,
        value: Any,
        value_base64: str | None,
        key: str | None,
        headers: Mapping[str, str],
        partition: int | None,
    ) -> dict[str, Any]:
        """One record with acks=all: a value by the topic's contract, or raw bytes. Headers may carry trace ids."""
        await self._must_exist(topic)
        trace = TraceContext.accept(headers)
        extra = [(name, text.encode()) for name, text in headers.items()]
        if value_base64 is None and value is not None:
            if not isinstance(value, dict):
                raise UsageError("must be an object", where="value")
            sent = await self._publisher.publish(topic, value, key=key, trace=trace, headers=extra, partition=partition)
        else:
            raw = None if value_base64 is None else _bytes(value_base64)
            name = None if key is None else key.encode()
            sent = await self._publisher.publish_raw(
                topic, key=name, value=raw, headers=extra, partition=partition, trace=trace
            )
        return {"topic": sent.topic, "partition": sent.partition, "offset": sent.offset, "requestId": trace.request_id}

    async def _must_exist(self, topic: str) -> None:
        """Asks the producer, which knows it at once. Raises UnknownName with the nearest name."""
        try:
            await self._publisher.partitions(topic)
        except UnknownName:
            await self.one(topic)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise UsageError("is not base64", where="value_base64") from None
