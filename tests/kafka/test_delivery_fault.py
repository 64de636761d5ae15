"""Faults of consumers on the real Kafka: retries, dead letters, lag and rebalances are the platform's own."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from sandbox.clock import SystemClock
from sandbox.contracts.dead_letter import RetryPolicy
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.kafka.boundary import ConsumerBoundary
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.consumer import GroupConsumer
from sandbox.kafka.dead_letters import DeadLetterWriter
from sandbox.kafka.delivery_fault import AppliedDeliveryFault
from sandbox.kafka.groups import GroupsAdmin
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.publisher import KafkaPublisher
from sandbox.kafka.reader import LogReader
from sandbox.kafka.values import TopicValues

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("topics")]


class Consumer:
    """A group `capsule` that takes `rim.fast-path`, one by one or many at once, and faults in its way."""

    def __init__(self, cluster: Cluster, values: TopicValues, facts: Any, *, many: bool) -> None:
        self.cluster, self.facts = cluster, facts
        self.clock = SystemClock()
        self.seen: list[tuple[str, int]] = []
        self.joins = 0
        self.producer = RecordProducer(cluster)
        self.publisher = KafkaPublisher(self.producer, values, source="test", facts=facts, clock=self.clock)
        self.standing: list[AppliedDeliveryFault] = []
        self._numbers = itertools.count(1)
        handle_many = self.handle_many if many else None
        subscription = Subscription("capsule", ("rim.fast-path",), self.handle, handle_many=handle_many)
        boundary = ConsumerBoundary(
            subscription,
            group=cluster.names.group("capsule"),
            service="capsule",
            decode=values.decode,
            dead_letters=DeadLetterWriter(self.publisher, self.clock),
            facts=facts,
            clock=self.clock,
            policy=RetryPolicy(first_wait_s=0.05),
            interferences=self.standing,
        )
        self.member = GroupConsumer(cluster, subscription, boundary.handle_run, instance="a")

    async def handle(self, delivery: Delivery) -> None:
        self.seen.append((key_of(delivery.record), delivery.attempt))

    async def handle_many(self, deliveries: Sequence[Delivery]) -> AsyncIterator[str | None]:
        for each in deliveries:
            await self.handle(each)
            yield None

    def fault(self, kind: str, **parameters: Any) -> AppliedFault:
        fault = read_fault(kind, parameters)
        applied = AppliedFault(f"f{next(self._numbers)}", fault, "capsule", self.clock, self.facts)
        self.standing.append(AppliedDeliveryFault(applied))
        return applied

    async def publish(self, value: dict[str, Any], *keys: str) -> None:
        """All to one partition, so that their order is known."""
        for key in keys:
            await self.publisher.publish("rim.fast-path", value, key=key, trace=TraceContext.start(), partition=0)

    def handled(self) -> list[str]:
        return [key for key, _ in self.seen]

    def outcomes(self) -> list[tuple[str, str, int]]:
        return [(fact.key, fact.outcome, fact.attempts) for fact in self.facts.of("RecordConsumed")]

    async def lag(self) -> int:
        async with GroupsAdmin(self.cluster) as groups:
            (found,) = await groups.describe()
        return found.lag

    async def dead_letters(self) -> list[dict[str, Any]]:
        found: list[Record] = []
        async with LogReader(self.cluster, ["rim.fast-path.dlq"]) as reader:
            while not await reader.caught_up():
                found += await reader.poll()
        return [json.loads(each.value or b"") for each in found]


def key_of(record: Record) -> str:
    return (record.key or b"").decode()


async def until(condition: Callable[[], Any], limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(params=[False, True], ids=["one-by-one", "many"])
async def consumer(
    request: pytest.FixtureRequest, cluster: Cluster, values: TopicValues, facts: Any
) -> AsyncIterator[Consumer]:
    consumer = Consumer(cluster, values, facts, many=request.param)
    consumer.member.start()
    yield consumer
    await consumer.member.stop()
    await consumer.producer.stop()


async def test_only_the_record_that_is_meant_goes_to_the_dead_letters_after_its_retries(
    consumer: Consumer, fast_path: dict[str, Any]
) -> None:
    applied = consumer.fault(
        "consumer-failure", category="PERSISTENCE", error="disk full", key="b", payload="stress=0.9"
    )
    await consumer.publish(fast_path, "a", "b", "c")
    await until(lambda: len(consumer.outcomes()) == 3)
    assert sorted(consumer.outcomes()) == [("a", "processed", 1), ("b", "dead_lettered", 4), ("c", "processed", 1)]
    assert [key for key, _, _ in consumer.outcomes()] == ["a", "b", "c"], "those behind it waited"
    assert consumer.handled() == ["a", "c"]
    (letter,) = await consumer.dead_letters()
    assert (letter["key"], letter["failureCategory"], letter["retryCount"]) == ("b", "PERSISTENCE", 3)
    assert letter["errorMessage"] == "disk full"
    assert applied.hits == 4
    assert len(consumer.facts.of("RetryScheduled")) == 3


async def test_bad_values_go_there_at_once_and_a_passing_failure_is_mended_by_a_retry(
    consumer: Consumer, fast_path: dict[str, Any]
) -> None:
    consumer.fault("consumer-failure", category="VALIDATION", key="bad")
    consumer.fault("consumer-failure", category="DOWNSTREAM_FAILURE", key="slow", first=2)
    await consumer.publish(fast_path, "bad", "slow")
    await until(lambda: len(consumer.outcomes()) == 2)
    assert consumer.outcomes() == [("bad", "dead_lettered", 1), ("slow", "processed", 3)]


async def test_a_paused_consumer_stays_in_its_group_while_its_lag_grows_and_then_catches_up(
    consumer: Consumer, fast_path: dict[str, Any]
) -> None:
    await consumer.publish(fast_path, "a")
    await until(lambda: consumer.handled() == ["a"])
    applied = consumer.fault("consumer-pause", partition=0)
    await consumer.publish(fast_path, "b", "c", "d")
    await until(lambda: applied.hits == 1)
    await asyncio.sleep(0.5)
    assert (consumer.handled(), consumer.member.joined, await consumer.lag()) == (["a"], True, 3)
    applied.remove()
    await until(lambda: len(consumer.seen) == 4)
    assert consumer.handled() == ["a", "b", "c", "d"]
    assert consumer.outcomes()[-1] == ("d", "processed", 1)


async def test_a_slow_consumer_takes_its_time_for_each_record(consumer: Consumer, fast_path: dict[str, Any]) -> None:
    consumer.fault("consumer-slow", ms=100)
    await consumer.member.wait_joined()
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    await consumer.publish(fast_path, *"abcd")
    await until(lambda: len(consumer.seen) == 4)
    assert loop.time() - started_s >= 0.4


async def test_a_crashed_consumer_leaves_and_joins_again_and_handles_again_what_it_had_not_committed(
    consumer: Consumer, fast_path: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.kafka.consumer.COMMIT_EVERY_S", 60.0)
    applied = consumer.fault("consumer-crash", key="c", away=300)
    await consumer.publish(fast_path, *"abcd")
    await until(lambda: applied.hits == 1)
    await until(lambda: not consumer.member.joined)
    async with GroupsAdmin(consumer.cluster) as groups:
        async with asyncio.timeout(5):
            while (await groups.describe())[0].state != "Empty":
                await asyncio.sleep(0.02)
    await until(lambda: "d" in consumer.handled())
    assert consumer.handled() == ["a", "b", "a", "b", "c", "d"]
    assert consumer.member.joined and applied.hits == 1
    assert await consumer.dead_letters() == []
