"""Faults of what is published, as the log on the real Kafka shows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.clock import SystemClock
from sandbox.contracts.dead_letter import RecordFailure
from sandbox.contracts.poison import Poison
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.publisher import KafkaPublisher, Posted
from sandbox.kafka.publishing_fault import AppliedPublishingFault
from sandbox.kafka.reader import LogReader
from sandbox.kafka.values import TopicValues

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("topics")]


class Bench:
    """A publisher with faults in its way."""

    def __init__(self, cluster: Cluster, values: TopicValues, facts: Any) -> None:
        self.cluster, self.values, self.facts = cluster, values, facts
        self.producer = RecordProducer(cluster)
        self.standing: list[AppliedPublishingFault] = []
        self.publisher = KafkaPublisher(
            self.producer, values, source="test", facts=facts, clock=SystemClock(), interceptions=self.standing
        )

    def fault(self, kind: str, **parameters: Any) -> AppliedFault:
        applied = AppliedFault("f1", read_fault(kind, parameters), "engine", SystemClock(), self.facts)
        self.standing.append(AppliedPublishingFault(applied))
        return applied

    async def post(self, value: dict[str, Any], key: str = "k") -> Posted:
        return await self.publisher.post("rim.fast-path", value, key=key, trace=TraceContext.start(), partition=0)

    async def log(self, count: int) -> list[Record]:
        """Once there are that many records, and no more."""
        found: list[Record] = []
        async with asyncio.timeout(10), LogReader(self.cluster, ["rim.fast-path"]) as reader:
            while len(found) < count or not await reader.caught_up():
                found += await reader.poll()
        return found

    async def names(self, count: int) -> list[str]:
        return [(await self.values.decode("rim.fast-path", each.value))["event_id"] for each in await self.log(count)]


@pytest.fixture
async def bench(cluster: Cluster, values: TopicValues, facts: Any) -> AsyncIterator[Bench]:
    bench = Bench(cluster, values, facts)
    yield bench
    await bench.producer.stop()


@pytest.mark.parametrize("way", Poison)
async def test_only_what_is_meant_is_poisoned(bench: Bench, fast_path: dict[str, Any], way: Poison) -> None:
    applied = bench.fault("poison-record", way=way, payload="status=ALERT", partition=0)
    for status in ("OK", "ALERT"):
        await (await bench.post({**fast_path, "status": status})).published()
    good, bad = await bench.log(2)
    assert (await bench.values.decode("rim.fast-path", good.value))["status"] == "OK"
    with pytest.raises(RecordFailure):
        await bench.values.decode("rim.fast-path", bad.value)
    assert {name for name, _ in bad.headers} == {name for name, _ in good.headers}
    assert applied.hits == 1


async def test_a_value_that_was_sent_as_bytes_is_looked_into_too(bench: Bench, fast_path: dict[str, Any]) -> None:
    applied = bench.fault("poison-record", payload="status=ALERT")
    encoded = await bench.values.encode("rim.fast-path", fast_path)
    await bench.publisher.publish_raw("rim.fast-path", key=b"k", value=encoded)
    assert applied.hits == 1


async def test_a_partition_is_that_of_the_key(bench: Bench, fast_path: dict[str, Any]) -> None:
    sent = await bench.publisher.publish("rim.fast-path", fast_path, key="k", trace=TraceContext.start())
    applied = bench.fault("duplicate-record", partition=sent.partition)
    await bench.publisher.publish("rim.fast-path", fast_path, key="k", trace=TraceContext.start())
    assert applied.hits == 1


async def test_a_duplicate_is_the_same_record_again(bench: Bench, fast_path: dict[str, Any]) -> None:
    bench.fault("duplicate-record")
    published = await (await bench.post(fast_path)).published()
    first, second = await bench.log(2)
    assert (published.offset, first.offset, second.offset) == (0, 0, 1)
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)


async def test_a_record_goes_out_behind_the_next_of_its_key(bench: Bench, fast_path: dict[str, Any]) -> None:
    bench.fault("reorder-records", by=2, hold=60_000)
    posted = [
        await bench.post({**fast_path, "event_id": name}, key)
        for key, name in [("a", "A1"), ("b", "B1"), ("a", "A2"), ("a", "A3"), ("b", "B2"), ("b", "B3")]
    ]
    await asyncio.gather(*(each.published() for each in posted))
    assert all(each.done for each in posted)
    assert await bench.names(6) == ["A2", "A3", "A1", "B2", "B3", "B1"]


async def test_one_that_nobody_overtakes_goes_out_in_time_or_when_the_fault_goes(
    bench: Bench, fast_path: dict[str, Any]
) -> None:
    applied = bench.fault("reorder-records", hold=50)
    assert (await (await bench.post(fast_path)).published()).offset == 0
    bench.standing.clear()
    applied = bench.fault("reorder-records", hold=60_000)
    held = await bench.post(fast_path)
    assert not held.done
    applied.remove()
    assert (await asyncio.wait_for(held.published(), 5)).offset == 1


async def test_one_that_cannot_be_sent_later_says_so_to_whoever_published_it(
    bench: Bench, fast_path: dict[str, Any]
) -> None:
    applied = bench.fault("reorder-records", hold=60_000)
    held = await bench.post(fast_path)
    await bench.producer.stop()
    applied.remove()
    with pytest.raises(Exception, match="closed"):
        await asyncio.wait_for(held.published(), 5)
    assert held.done
