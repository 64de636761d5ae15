"""What the event-driven pattern promises, on the real Kafka: order by key, by partition or not at all; groups apart."""

from __future__ import annotations

import asyncio
import struct
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest

from sandbox.clock import ManualClock
from sandbox.contracts.delivery import Subscription
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.consumer import GroupConsumer
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.publisher import KafkaPublisher
from sandbox.kafka.reader import LogReader
from sandbox.kafka.values import TopicValues

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("topics")]
ENTITIES = ("rim:entity:finance:EURUSD", "rim:entity:energy:BRENT", "rim:actor:regulator:SEC")


@pytest.fixture
async def producer(cluster: Cluster) -> AsyncIterator[RecordProducer]:
    producer = RecordProducer(cluster, delivery_timeout_s=5)
    yield producer
    await producer.stop()


@pytest.fixture
def publisher(producer: RecordProducer, values: TopicValues, facts: Any) -> KafkaPublisher:
    return KafkaPublisher(producer, values, source="perception", facts=facts, clock=ManualClock())


class Group:
    """A consumer group of one member that keeps what it is given."""

    def __init__(self, cluster: Cluster, name: str, topic: str) -> None:
        self.seen: list[Record] = []
        subscription = Subscription(name, (topic,), self._handle)
        self.member = GroupConsumer(cluster, subscription, self._handle, instance="a")

    async def _handle(self, records: Any) -> AsyncGenerator[Record, None]:
        for record in records:
            self.seen.append(record)
            yield record

    async def read(self, count: int) -> list[Record]:
        """Run until `count` records came, then leave."""
        self.member.start()
        async with asyncio.timeout(20):
            while len(self.seen) < count:
                await asyncio.sleep(0.01)
        await self.member.stop()
        return self.seen


@pytest.mark.spec("ORDER-ENTITY")
async def test_the_updates_of_an_entity_arrive_in_order_whatever_happens_to_others(
    publisher: KafkaPublisher, cluster: Cluster, values: TopicValues, fast_path: dict[str, Any]
) -> None:
    for number in range(60):
        node = ENTITIES[number % 3]
        update = {**fast_path, "rim_node_id": node, "price": float(number)}
        await publisher.publish("rim.fast-path", update, key=node, trace=TraceContext.start())
    partitions, prices = defaultdict(set), defaultdict(list)
    for record in await Group(cluster, "odyssey-reflex", "rim.fast-path").read(60):
        key = (record.key or b"").decode()
        partitions[key].add(record.partition)
        prices[key].append((await values.decode("rim.fast-path", record.value))["price"])
    assert {key: len(found) for key, found in partitions.items()} == dict.fromkeys(ENTITIES, 1)
    assert prices == {node: [float(number) for number in range(60) if number % 3 == at] for at, node in
                      enumerate(ENTITIES)}  # fmt: skip


@pytest.mark.spec("ORDER-GLOBAL")
async def test_audit_events_of_several_writers_have_one_order_for_every_reader(
    publisher: KafkaPublisher, cluster: Cluster
) -> None:
    other = RecordProducer(cluster)
    for number in range(20):
        await publisher.publish("audit.events", {"n": number}, key=None, trace=TraceContext.start())
        await other.send(cluster.names.topic("audit.events"), None, b'{"other": %d}' % number)
    await other.stop()
    first = await Group(cluster, "auditors", "audit.events").read(40)
    second = await Group(cluster, "regulators", "audit.events").read(40)
    assert [record.value for record in first] == [record.value for record in second]
    assert [(record.partition, record.offset) for record in first] == [(0, offset) for offset in range(40)]
    wanted = [value for number in range(20) for value in (b'{"n":%d}' % number, b'{"other": %d}' % number)]
    assert [record.value for record in first] == wanted, "as they were published"


@pytest.mark.spec("ORDER-BEST-EFFORT")
async def test_general_events_without_a_key_spread_over_the_partitions(
    publisher: KafkaPublisher, cluster: Cluster
) -> None:
    for number in range(60):
        await publisher.publish_raw("perception.events", key=None, value=b"%d" % number)
    records = await Group(cluster, "anybody", "perception.events").read(60)
    assert len({record.partition for record in records}) > 1
    assert sorted(int(record.value or b"") for record in records) == list(range(60)), "each of them once"


@pytest.mark.spec("KAFKA-ASYNC", "KAFKA-DECOUPLED")
async def test_a_group_that_was_away_holds_up_nobody_and_gets_what_it_missed(
    publisher: KafkaPublisher, cluster: Cluster, fast_path: dict[str, Any]
) -> None:
    away = Group(cluster, "odyssey-reflex", "rim.fast-path")
    await publisher.publish("rim.fast-path", fast_path, key="before", trace=TraceContext.start())
    assert len(await away.read(1)) == 1
    for number in range(10):
        await publisher.publish("rim.fast-path", fast_path, key=str(number), trace=TraceContext.start())
    there = await Group(cluster, "capsule", "rim.fast-path").read(11)
    back = await Group(cluster, "odyssey-reflex", "rim.fast-path").read(10)
    assert {record.key for record in back} == {b"%d" % number for number in range(10)}
    assert {record.key for record in there} == {record.key for record in back} | {b"before"}


@pytest.mark.spec("PRODUCER-ACKS")
async def test_every_record_is_sent_with_acks_all(
    producer: RecordProducer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One broker cannot show the difference, so the requests are looked at: -1 is "all" in Kafka's protocol."""
    requests = []
    real = AIOKafkaClient.send

    async def send(self: AIOKafkaClient, node_id: int, request: Any, **options: Any) -> Any:
        requests.append(request)
        return await real(self, node_id, request, **options)

    monkeypatch.setattr(AIOKafkaClient, "send", send)
    for number in range(3):
        await producer.send(cluster.names.topic("audit.events"), None, b"%d" % number)
    acks = [each.required_acks for each in requests if isinstance(each, ProduceRequest)]
    assert len(acks) >= 3 and set(acks) == {-1}


@pytest.mark.spec("PRODUCER-IDEMPOTENCE")
async def test_records_are_written_under_a_producer_id_and_numbered(
    producer: RecordProducer, cluster: Cluster, broker: Any
) -> None:
    """What makes a repeated batch known as the same: read from the broker's own file (KIP-98, record batch v2)."""
    topic = cluster.names.topic("audit.events")
    for number in range(3):
        await producer.send(topic, None, b"%d" % number)
    batches = list(batches_of(next(Path(broker.data_dir).rglob(f"{topic}-0/*.log")).read_bytes()))
    assert len({producer_id for producer_id, _ in batches}) == 1
    assert batches[0][0] >= 0, "-1 is a producer that is not idempotent"
    assert [sequence for _, sequence in batches] == [0, 1, 2]


def batches_of(segment: bytes) -> Any:
    """Producer id and base sequence of each record batch in a log segment."""
    at = 0
    while at < len(segment):
        (length,) = struct.unpack_from(">i", segment, at + 8)
        if length <= 0:  # the rest of the file is preallocated
            return
        producer_id, _, sequence = struct.unpack_from(">qhi", segment, at + 43)
        yield producer_id, sequence
        at += 12 + length


@pytest.mark.spec("KAFKA-SOURCING")
async def test_the_events_are_still_there_for_a_group_that_comes_first_long_after(
    publisher: KafkaPublisher, cluster: Cluster, fast_path: dict[str, Any]
) -> None:
    for number in range(5):
        await publisher.publish("rim.fast-path", fast_path, key=str(number), trace=TraceContext.start())
    await Group(cluster, "capsule", "rim.fast-path").read(5)
    assert len(await Group(cluster, "newcomer", "rim.fast-path").read(5)) == 5
    async with LogReader(cluster) as reader:
        offsets = await reader.offsets(["rim.fast-path"])
    assert sum(each.end - each.begin for each in offsets) == 5, "consuming takes nothing away"
