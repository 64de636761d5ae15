"""Proof that Kafka works: a record produced with acks=all and consumed again."""

from __future__ import annotations

import asyncio
import os
import time

from sandbox.contracts.catalog import Topic
from sandbox.errors import UnknownName
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.reader import From, LogReader
from sandbox.kafka.topics_admin import TopicsAdmin

__all__ = ["PROBE_TOPIC", "prove_round_trip"]

PROBE_TOPIC = Topic("_sandbox.probe", "probe", "json", partitions=1, retention_ms=3_600_000)
"""Made when services start; `prove_round_trip` makes it where that was not done."""


async def prove_round_trip(cluster: Cluster, *, limit_s: float = 10.0, producer: RecordProducer | None = None) -> float:
    """Send a record and read it back; the milliseconds that took. Raises KafkaUnavailable when it does not come.

    With a `producer` its connection is used and stays open.
    """
    started_ns = time.monotonic_ns()
    try:
        async with asyncio.timeout(limit_s):
            await _round_trip(cluster, producer)
    except TimeoutError as error:
        raise cluster.unavailable("proving a round trip", f"no record came back in {limit_s:g} s") from error
    return (time.monotonic_ns() - started_ns) / 1e6


async def _round_trip(cluster: Cluster, given: RecordProducer | None) -> None:
    token = os.urandom(8).hex().encode()
    producer = given or RecordProducer(cluster, client_id="sandbox-probe")
    reader = LogReader(cluster, [PROBE_TOPIC.name], begin=From(end=True), client_id="sandbox-probe")
    try:
        try:
            await reader.start()
        except UnknownName:
            async with TopicsAdmin(cluster) as topics:
                await topics.create([PROBE_TOPIC])
            await reader.start()
        await producer.send(cluster.names.topic(PROBE_TOPIC.name), token, b"{}", partition=0)
        while not any(record.key == token for record in await reader.poll()):
            pass
    finally:
        await reader.stop()
        if given is None:
            await producer.stop()
