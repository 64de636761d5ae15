"""Groups seen from outside, and the proof that Kafka works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import pytest

from sandbox.contracts.delivery import Subscription
from sandbox.contracts.names import Names
from sandbox.contracts.record import Record
from sandbox.errors import Conflict, UnknownName
from sandbox.kafka.cluster import Cluster, KafkaUnavailable
from sandbox.kafka.consumer import GroupConsumer
from sandbox.kafka.groups import GroupsAdmin
from sandbox.kafka.probe import PROBE_TOPIC, prove_round_trip
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.reader import From
from sandbox.kafka.topics_admin import TopicsAdmin

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("topics")]


class Member:
    """A consumer of audit.events that can be held up."""

    def __init__(self, cluster: Cluster) -> None:
        self.seen: list[int] = []
        self.go = asyncio.Event()
        self.go.set()
        subscription = Subscription("audit", ("audit.events",), self._nothing)
        self.consumer = GroupConsumer(cluster, subscription, self._handle, instance="a")

    async def _nothing(self, _: object) -> None: ...

    async def _handle(self, records: Sequence[Record]) -> AsyncGenerator[Record, None]:
        for record in records:
            await self.go.wait()
            self.seen.append(record.offset)
            yield record

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.seen) < count:
                await asyncio.sleep(0.01)


@pytest.fixture
async def member(cluster: Cluster) -> AsyncIterator[Member]:
    member = Member(cluster)
    producer = RecordProducer(cluster)
    for number in range(6):
        topic = cluster.names.topic("audit.events")
        await producer.send(topic, None, b"{}", timestamp_ms=1_700_000_000_000 + number)
    await producer.stop()
    yield member
    await member.consumer.stop()


async def test_a_group_is_described_with_its_members_and_lag(cluster: Cluster, member: Member) -> None:
    member.go.clear()
    member.consumer.start()
    await member.consumer.wait_joined()
    async with GroupsAdmin(cluster) as groups:
        assert await groups.names() == ("audit",)
        (described,) = await groups.describe()
        assert described.state == "Stable"
        assert [each.partitions for each in described.members] == [(("audit.events", 0),)]
        member.go.set()
        await member.until(6)
        await member.consumer.stop()
        (described,) = await groups.describe(["audit"])
    assert (described.state, described.members, described.lag) == ("Empty", (), 0)
    (partition,) = described.partitions
    assert (partition.topic, partition.committed, partition.end) == ("audit.events", 6, 6)


@pytest.mark.spec("KAFKA-REPLAY")
async def test_a_group_that_was_set_back_reads_again(cluster: Cluster, member: Member) -> None:
    async def set_back(begin: From) -> dict[tuple[str, int], int]:
        offsets = await groups.positions(["audit.events"], begin)
        await groups.set_offsets("audit", offsets)
        return offsets

    member.consumer.start()
    await member.until(6)
    async with GroupsAdmin(cluster) as groups:
        with pytest.raises(Conflict, match="audit has members"):
            await set_back(From())
        await member.consumer.stop()
        assert await set_back(From(timestamp_ms=1_700_000_000_004)) == {("audit.events", 0): 4}
        member.consumer.start()
        await member.until(8)
        assert member.seen == [0, 1, 2, 3, 4, 5, 4, 5]
        await member.consumer.stop()
        await set_back(From())
        member.consumer.start()
        await member.until(14)
        await member.consumer.stop()
        await set_back(From(end=True))
        (described,) = await groups.describe(["audit"])
    assert described.lag == 0


async def test_topics_that_a_group_has_not_committed_on_are_described_when_they_are_named(cluster: Cluster) -> None:
    async with GroupsAdmin(cluster) as groups:
        (described,) = await groups.describe(["nobody"], topics=["audit.events"])
    assert (described.state, described.members) == ("Dead", ())
    (partition,) = described.partitions
    assert (partition.committed, partition.begin, partition.end, partition.lag) == (None, 0, 0, 0)


async def test_positions_on_a_topic_that_is_not_there_are_refused(cluster: Cluster) -> None:
    async with GroupsAdmin(cluster) as groups:
        with pytest.raises(UnknownName, match=r"no\.such"):
            await groups.positions(["no.such"], From())


async def test_a_round_trip_is_proven_with_or_without_its_topic(cluster: Cluster, topics: TopicsAdmin) -> None:
    assert PROBE_TOPIC.name not in await topics.names(internal=True)
    assert 0 < await prove_round_trip(cluster) < 10_000
    assert 0 < await prove_round_trip(cluster) < 10_000
    producer = RecordProducer(cluster)
    assert await prove_round_trip(cluster, producer=producer) > 0
    await producer.stop()
    assert PROBE_TOPIC.name not in await topics.names()
    await topics.delete([PROBE_TOPIC.name])


async def test_a_round_trip_without_kafka_fails_in_time(unused_tcp_port: int) -> None:
    with pytest.raises(KafkaUnavailable):
        await prove_round_trip(Cluster(f"127.0.0.1:{unused_tcp_port}", Names()), limit_s=0.5)
