"""Topics on the real Kafka."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts, Topic
from sandbox.contracts.names import Names
from sandbox.errors import EnvironmentFailure, UnknownName
from sandbox.kafka.cluster import Cluster, KafkaUnavailable
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.reader import LogReader
from sandbox.kafka.topics_admin import TopicsAdmin

pytestmark = pytest.mark.e2e


@pytest.mark.spec("KAFKA-PARTITIONS", "ORDER-GLOBAL")
async def test_the_contract_topics_are_made_with_their_partitions_and_retention(cluster: Cluster) -> None:
    contracts = Contracts.load()
    async with TopicsAdmin(cluster) as admin:
        made = await admin.create(contracts.topics.values())
        assert set(made.created) == set(contracts.topics)
        fast_path = await admin.describe("rim.fast-path")
        assert (fast_path.partitions, fast_path.replication) == (12, 1)
        assert fast_path.config["retention.ms"] == str(7 * 86_400_000)
        dead = await admin.describe("rim.fast-path.dlq")
        assert (dead.partitions, dead.config["max.message.bytes"]) == (3, str(16 * 1024 * 1024))
        assert (await admin.describe("audit.events")).partitions == 1
        await admin.delete(contracts.names)


async def test_making_them_again_changes_nothing(topics: TopicsAdmin, contracts: Contracts) -> None:
    again = await topics.create(contracts.topics.values())
    assert (again.created, set(again.existing), again.differing) == ((), set(contracts.topics), ())


async def test_two_that_make_them_at_once_both_succeed(cluster: Cluster, contracts: Contracts) -> None:
    async with TopicsAdmin(cluster) as one, TopicsAdmin(cluster) as other:
        results = await asyncio.gather(*(each.create(contracts.topics.values()) for each in (one, other)))
        assert sorted(name for result in results for name in result.created) == sorted(contracts.topics)
        await one.delete(contracts.names)


async def test_a_topic_with_other_partitions_is_named(topics: TopicsAdmin) -> None:
    result = await topics.create([Topic("audit.events", "none", "json", partitions=3, retention_ms=1000)])
    assert result.differing == ("audit.events",)
    assert (await topics.describe("audit.events")).partitions == 1


async def test_only_names_under_the_prefix_are_listed(topics: TopicsAdmin, contracts: Contracts) -> None:
    await topics.create_compacted("_schemas")
    assert set(await topics.names()) == set(contracts.topics)
    assert "_schemas" in await topics.names(internal=True)
    assert (await topics.describe("_schemas")).config["cleanup.policy"] == "compact"


async def test_a_topic_that_kafka_refuses_is_named(topics: TopicsAdmin) -> None:
    with pytest.raises(EnvironmentFailure, match=r"would not create the topic t\d+\.no spaces"):
        await topics.create([Topic("no spaces", "none", "json", partitions=1, retention_ms=1000)])


async def test_an_unknown_topic_is_named(topics: TopicsAdmin) -> None:
    with pytest.raises(UnknownName, match=r"there is no topic 'rim\.fastpath'"):
        await topics.describe("rim.fastpath")
    await topics.delete(["rim.fastpath"])


async def test_an_emptied_topic_keeps_counting_its_offsets(topics: TopicsAdmin, cluster: Cluster) -> None:
    producer = RecordProducer(cluster)
    for _ in range(3):
        await producer.send(cluster.names.topic("audit.events"), None, b"{}")
    await producer.stop()
    await topics.empty(["audit.events", "not.there"])
    async with LogReader(cluster) as reader:
        (offsets,) = await reader.offsets(["audit.events"])
    assert (offsets.begin, offsets.end) == (3, 3)


async def test_a_cluster_that_is_not_there_is_said_in_bounded_time(unused_tcp_port: int) -> None:
    away = Cluster(f"127.0.0.1:{unused_tcp_port}", Names())
    started = time.monotonic()
    with pytest.raises(KafkaUnavailable) as caught:
        async with TopicsAdmin(away, connect_timeout_s=0.3):
            pass
    assert time.monotonic() - started < 2
    assert caught.value.hint is not None


async def test_the_coordinator_can_be_woken_before_any_group_joins(topics: TopicsAdmin, broker: Any) -> None:
    await topics.wake_coordinator()
    assert broker.pid is not None
