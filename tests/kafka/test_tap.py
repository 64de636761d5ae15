"""Watching topics on the real Kafka."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.clock import SystemClock
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UnknownName
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.publisher import KafkaPublisher
from sandbox.kafka.tap import From, Tap, TappedRecord
from sandbox.kafka.values import TopicValues

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("topics")]


@pytest.fixture
async def publisher(cluster: Cluster, values: TopicValues, facts: Any) -> AsyncIterator[KafkaPublisher]:
    producer = RecordProducer(cluster)
    yield KafkaPublisher(producer, values, source="test", facts=facts, clock=SystemClock())
    await producer.stop()


async def collect(tap: Tap, count: int) -> list[TappedRecord]:
    seen: list[TappedRecord] = []
    async with asyncio.timeout(10):
        while len(seen) < count:
            seen += await tap.poll()
    return seen


async def test_what_is_published_after_the_start_is_seen_and_nothing_before(
    publisher: KafkaPublisher, cluster: Cluster, values: TopicValues
) -> None:
    for number in range(10):
        await publisher.publish_raw("audit.events", key=None, value=b'{"n": %d}' % number)
        async with Tap(cluster, ["audit.events", "plato.plans"], values) as tap:
            await publisher.publish_raw("audit.events", key=None, value=b'{"now": %d}' % number)
            (seen,) = await collect(tap, 1)
            assert seen.value == {"now": number}


async def test_a_value_is_shown_decoded(
    publisher: KafkaPublisher, cluster: Cluster, values: TopicValues, fast_path: dict[str, Any]
) -> None:
    async with Tap(cluster, ["rim.fast-path"], values) as tap:
        await publisher.publish(
            "rim.fast-path", fast_path, key="rim:a:b:c", trace=TraceContext.start(), timestamp_ms=1_733_220_000_000
        )
        (seen,) = await collect(tap, 1)
    shown = seen.to_json()
    assert shown["format"] == "avro"
    assert shown["schemaId"] == 1
    assert shown["value"]["vector_timestamp"]["event_ts_ms"] == 1_733_220_000_000
    assert (shown["key"], shown["timestamp"]) == ("rim:a:b:c", "2024-12-03T10:00:00Z")
    assert shown["headers"]["X-Source-Service"] == "test"
    assert "reason" not in shown


async def test_what_cannot_be_decoded_is_shown_with_the_reason_and_in_hex(
    publisher: KafkaPublisher, cluster: Cluster, values: TopicValues
) -> None:
    async with Tap(cluster, ["rim.fast-path"], values) as tap:
        await publisher.publish_raw("rim.fast-path", key=b"\xff", value=b"\x07poison")
        (seen,) = await collect(tap, 1)
    shown = seen.to_json()
    assert (shown["value"], shown["format"], shown["hex"]) == (None, "binary", "07706f69736f6e")
    assert "magic byte is 0x07" in shown["reason"]
    assert shown["key"] == "\\xff"


async def test_a_tap_begins_where_it_is_told(publisher: KafkaPublisher, cluster: Cluster, values: TopicValues) -> None:
    for number in range(5):
        await publisher.publish_raw(
            "audit.events", key=None, value=b"%d" % number, timestamp_ms=1_700_000_000_000 + number
        )
    for begin, expected in (
        (From(), [0, 1, 2, 3, 4]),
        (From(offset=3), [3, 4]),
        (From(offset=99), []),
        (From(timestamp_ms=1_700_000_000_002), [2, 3, 4]),
        (From(timestamp_ms=1_800_000_000_000), []),
        (From(end=True), []),
    ):
        async with Tap(cluster, ["audit.events"], values, begin=begin) as tap:
            assert [seen.value for seen in await tap.read_to_end()] == expected, begin


async def test_a_tap_may_watch_one_partition(publisher: KafkaPublisher, cluster: Cluster, values: TopicValues) -> None:
    for partition in range(3):
        await publisher.publish_raw("rim.fast-path", key=b"k", value=b"x", partition=partition)
    async with Tap(cluster, ["rim.fast-path"], values, begin=From(), partition=1) as tap:
        assert [seen.record.partition for seen in await tap.read_to_end()] == [1]


@pytest.mark.parametrize(("topic", "partition"), [("rim.fastpath", None), ("audit.events", 3)])
async def test_an_unknown_topic_or_partition_is_named(
    cluster: Cluster, values: TopicValues, topic: str, partition: int | None
) -> None:
    with pytest.raises(UnknownName):
        await Tap(cluster, [topic], values, partition=partition).start()


async def test_a_tap_goes_on_after_the_broker_was_killed(
    publisher: KafkaPublisher, cluster: Cluster, values: TopicValues, broker: Any
) -> None:
    async with Tap(cluster, ["audit.events"], values) as tap:
        await publisher.publish_raw("audit.events", key=None, value=b"1")
        assert [seen.value for seen in await collect(tap, 1)] == [1]
        os.kill(broker.pid, signal.SIGKILL)
        await broker.stop()
        broker.start()
        await broker.wait_listening()
        await publisher.publish_raw("audit.events", key=None, value=b"2")
        assert [seen.value for seen in await collect(tap, 1)] == [2]


async def test_numbers_that_json_has_not_are_shown_as_words(
    publisher: KafkaPublisher, cluster: Cluster, values: TopicValues, fast_path: dict[str, Any]
) -> None:
    async with Tap(cluster, ["rim.fast-path"], values) as tap:
        await publisher.publish(
            "rim.fast-path", {**fast_path, "price": float("nan")}, key="k", trace=TraceContext.start()
        )
        (seen,) = await collect(tap, 1)
    assert seen.to_json()["value"]["price"] == "nan"
