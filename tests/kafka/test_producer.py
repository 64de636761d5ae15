"""Publishing to the real Kafka, and to one that comes and goes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import psutil
import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UnknownName, UsageError
from sandbox.kafka.cluster import Cluster, KafkaUnavailable
from sandbox.kafka.producer import Keyed, RecordProducer
from sandbox.kafka.publisher import KafkaPublisher, Many
from sandbox.kafka.reader import LogReader
from sandbox.kafka.topics_admin import TopicsAdmin
from sandbox.kafka.values import TopicValues

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("topics")]


@pytest.fixture
async def producer(cluster: Cluster) -> AsyncIterator[RecordProducer]:
    producer = RecordProducer(cluster, delivery_timeout_s=5)
    yield producer
    await producer.stop()


@pytest.fixture
def publisher(producer: RecordProducer, values: TopicValues, facts: Any) -> KafkaPublisher:
    return KafkaPublisher(producer, values, source="perception", facts=facts, clock=ManualClock(), rng=random.Random(7))


async def stopped(pid: int) -> None:
    """A process has many threads, and on a busy machine the last one takes a moment to heed the signal."""
    while {psutil.Process(thread.id).status() for thread in psutil.Process(pid).threads()} != {psutil.STATUS_STOPPED}:
        await asyncio.sleep(0.01)


async def everything(cluster: Cluster, topic: str) -> list[Record]:
    found: list[Record] = []
    async with LogReader(cluster, [topic]) as reader:
        while not await reader.caught_up():
            found += await reader.poll()
    return found


@pytest.mark.spec("KAFKA-PUBLISH", "TRACE-KAFKA")
async def test_a_record_carries_its_trace_one_hop_on(
    publisher: KafkaPublisher, cluster: Cluster, fast_path: dict[str, Any], facts: Any
) -> None:
    trace = TraceContext.start(random.Random(1), tenant="t1")
    published = await publisher.publish("rim.fast-path", fast_path, key="rim:a:b:c", trace=trace)
    (record,) = await everything(cluster, "rim.fast-path")
    assert (record.topic, record.partition, record.offset) == (
        published.topic, published.partition, published.offset,
    )  # fmt: skip
    assert record.key == b"rim:a:b:c"
    headers = dict(record.headers)
    assert headers["X-Request-ID"].decode() == trace.request_id
    assert headers["X-Correlation-ID"].decode() == trace.correlation_id
    assert headers["X-Source-Service"] == b"perception"
    assert headers["X-Tenant-ID"] == b"t1"
    received = TraceContext.accept_record(record.headers)
    assert received.trace_id == trace.trace_id
    assert received.parent_span_id not in (None, trace.span_id), "the record is a hop of its own"
    (fact,) = facts.of("RecordProduced")
    assert (fact.topic, fact.source, fact.key, fact.trace_id) == (
        "rim.fast-path", "perception", "rim:a:b:c", trace.trace_id,
    )  # fmt: skip
    assert fact.parent_span_id == trace.span_id
    assert fact.size_bytes == len(record.key or b"") + len(record.value or b"")


async def test_a_given_header_replaces_the_traced_one(publisher: KafkaPublisher, cluster: Cluster) -> None:
    trace = TraceContext.start(random.Random(1))
    await publisher.publish(
        "audit.events", {"a": 1}, key=None, trace=trace, headers=[("x-request-id", b"mine"), ("extra", b"\xff")]
    )
    (record,) = await everything(cluster, "audit.events")
    names = [name for name, _ in record.headers]
    assert "X-Request-ID" not in names
    assert record.headers[-2:] == (("x-request-id", b"mine"), ("extra", b"\xff"))
    assert record.key is None


async def test_raw_bytes_arrive_byte_for_byte(publisher: KafkaPublisher, cluster: Cluster, facts: Any) -> None:
    published = await publisher.publish_raw(
        "rim.fast-path",
        key=b"\xff\x00",
        value=b"not avro",
        headers=[("h", b"1"), ("h", b"2")],
        partition=2,
        timestamp_ms=1_733_220_000_000,
    )
    assert published.partition == 2
    (record,) = await everything(cluster, "rim.fast-path")
    assert (record.key, record.value, record.headers) == (b"\xff\x00", b"not avro", (("h", b"1"), ("h", b"2")))
    assert record.timestamp_ms == 1_733_220_000_000
    assert facts.of("RecordProduced")[0].trace_id is None


@pytest.mark.spec("KAFKA-THROUGHPUT")
async def test_a_load_need_not_wait_for_each_record(publisher: KafkaPublisher, cluster: Cluster, facts: Any) -> None:
    pending = [
        await publisher.post_raw("rim.fast-path", key=b"%d" % (number % 7), value=b"%d" % number)
        for number in range(2_000)
    ]
    published = await asyncio.gather(*(each.published() for each in pending))
    assert len({(each.partition, each.offset) for each in published}) == 2_000
    assert len(facts.of("RecordProduced")) == 2_000
    by_key: dict[bytes | None, list[int]] = {}
    for record in await everything(cluster, "rim.fast-path"):
        by_key.setdefault(record.key, []).append(int(record.value or b""))
    assert all(numbers == sorted(numbers) for numbers in by_key.values()), "order is kept per key"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"topic": "rim.fastpath", "key": b"k", "value": b"v"}, "no topic"),
        ({"topic": "audit.events", "key": b"k", "value": b"v", "partition": 5}, "no partition 5: it has 1"),
        ({"topic": "audit.events", "key": b"k", "value": b"x" * 1_100_000}, "1100001 bytes, more than"),
        ({"topic": "audit.events", "key": None, "value": None}, "a key or a value"),
    ],
)
async def test_what_kafka_would_not_take_is_a_usage_error(
    publisher: KafkaPublisher, call: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        await publisher.publish_raw(**call)


async def test_publishing_to_an_unknown_topic_does_not_make_it(publisher: KafkaPublisher, topics: TopicsAdmin) -> None:
    with pytest.raises(UnknownName):
        await publisher.publish_raw("rim.fastpath", key=b"k", value=b"v")
    assert "rim.fastpath" not in await topics.names()


async def test_a_large_dead_letter_is_taken(publisher: KafkaPublisher, cluster: Cluster) -> None:
    value = random.Random(1).randbytes(5_000_000)
    await publisher.publish_raw("rim.fast-path.dlq", key=b"k", value=value)
    (record,) = await everything(cluster, "rim.fast-path.dlq")
    assert record.value == value


@pytest.mark.spec("PRODUCER-RETRIES")
async def test_a_killed_broker_is_waited_for_and_found_again(
    cluster: Cluster, values: TopicValues, facts: Any, broker: Any
) -> None:
    producer = RecordProducer(cluster, delivery_timeout_s=60)
    publisher = KafkaPublisher(producer, values, source="x", facts=facts, clock=ManualClock())
    await publisher.publish_raw("audit.events", key=b"k", value=b"1")
    os.kill(broker.pid, signal.SIGKILL)
    waiting = asyncio.ensure_future(publisher.publish_raw("audit.events", key=b"k", value=b"2"))
    await broker.stop()
    broker.start()
    await broker.wait_listening()
    assert (await waiting).offset == 1
    await producer.stop()


async def test_a_frozen_broker_fails_the_publisher_in_bounded_time_and_nothing_turns_up_later(
    cluster: Cluster, values: TopicValues, facts: Any, broker: Any
) -> None:
    producer = RecordProducer(cluster, delivery_timeout_s=0.5)
    publisher = KafkaPublisher(producer, values, source="x", facts=facts, clock=ManualClock())
    await publisher.publish_raw("audit.events", key=b"k", value=b"first")
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        await stopped(broker.pid)
        started = time.monotonic()
        in_flight = asyncio.ensure_future(publisher.publish_raw("audit.events", key=b"k", value=b"in flight"))
        await asyncio.sleep(0.1)
        with pytest.raises(KafkaUnavailable) as caught:
            await publisher.publish_raw("audit.events", key=b"k", value=b"queued")
        with pytest.raises(KafkaUnavailable):
            await in_flight
        assert time.monotonic() - started < 4
        assert caught.value.hint is not None
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    await publisher.publish_raw("audit.events", key=b"k", value=b"last")
    seen = [record.value for record in await everything(cluster, "audit.events")]
    assert b"queued" not in seen
    assert (seen[0], seen[-1]) == (b"first", b"last")
    assert len(facts.of("RecordProduced")) == 2
    await producer.stop()


async def test_a_queue_that_stays_full_fails_the_publisher_in_bounded_time(cluster: Cluster, broker: Any) -> None:
    producer = RecordProducer(replace(cluster, request_timeout_ms=1_000))
    topic = cluster.names.topic("audit.events")
    await producer.send(topic, b"k", b"v")
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        await stopped(broker.pid)
        started = time.monotonic()
        posts = [asyncio.ensure_future(producer.enqueue(topic, b"k", b"x" * 10_000)) for _ in range(100)]
        with pytest.raises(KafkaUnavailable):
            await asyncio.gather(*posts)
        await asyncio.wait(posts)
        assert time.monotonic() - started < 4
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    await producer.stop()


async def test_stopping_while_kafka_is_frozen_is_bounded(cluster: Cluster, broker: Any) -> None:
    producer = RecordProducer(cluster)
    topic = cluster.names.topic("audit.events")
    await producer.send(topic, b"k", b"v")
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        await producer.enqueue(topic, b"k", b"never sent")
        started = time.monotonic()
        await producer.stop(flush_s=0.3)
        assert time.monotonic() - started < 3
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    with pytest.raises(KafkaUnavailable, match="closed"):
        await producer.send(topic, b"k", b"v")


async def test_many_at_once_keep_their_order_in_each_partition_and_tell_where_they_are(
    producer: RecordProducer, cluster: Cluster
) -> None:
    large = b"x" * 100_000  # more than a batch, between records that are small
    records = [Keyed(b"k%d" % (n % 3), large if n == 50 else b"%d" % n, [("n", b"%d" % n)]) for n in range(300)]
    told: dict[int, tuple[int, int]] = {}

    def delivered(places: Sequence[int], first: Any) -> None:
        told.update({place: (first.partition, first.offset + step) for step, place in enumerate(places)})

    topic = cluster.names.topic("rim.fast-path")
    many = Many("rim.fast-path", producer, await producer.enqueue_many(topic, records, delivered))
    last = await many.published()
    await asyncio.sleep(0)
    found = await everything(cluster, "rim.fast-path")
    assert {(each.partition, each.offset): dict(each.headers)["n"] for each in found} == {
        told[n]: b"%d" % n for n in range(300)
    }
    for key in (b"k0", b"k1", b"k2"):
        numbers = [int(dict(each.headers)["n"]) for each in found if each.key == key]
        assert numbers == sorted(numbers)
    assert many.done and (last.partition, last.offset) == told[299]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (Keyed(None, None), "needs a key or a value"),
        (Keyed(b"k", b"x" * 2_000_000), "more than the"),
        (Keyed(b"k", b"x", [("h", b"x" * 2_000_000)] * 6), "more than the"),
        (Keyed(b"k", b"x", (), 99), "there is no partition 99"),
    ],
)
async def test_what_kafka_would_not_take_among_many_is_refused_before_any_is_sent(
    record: Keyed, message: str, producer: RecordProducer, cluster: Cluster
) -> None:
    topic = cluster.names.topic("rim.fast-path")
    with pytest.raises(UsageError, match=message):
        await producer.enqueue_many(topic, [Keyed(b"k", b"good"), record], lambda places, first: None)
    assert await everything(cluster, "rim.fast-path") == []
