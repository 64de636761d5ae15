"""Consumer groups on the real Kafka: order, dead letters, and nothing lost when things break."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from sandbox.clock import SystemClock
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure, RetryPolicy
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.kafka.boundary import ConsumerBoundary
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.consumer import GroupConsumer
from sandbox.kafka.dead_letters import DeadLetterWriter
from sandbox.kafka.groups import GroupsAdmin
from sandbox.kafka.producer import RecordProducer
from sandbox.kafka.publisher import KafkaPublisher
from sandbox.kafka.reader import LogReader
from sandbox.kafka.values import TopicValues

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("topics")]

Handle = Callable[[Delivery], Awaitable[str | None]]


class Bench:
    """Builds members of groups with their boundary, and publishes to them."""

    def __init__(self, cluster: Cluster, values: TopicValues, facts: Any) -> None:
        self.cluster = cluster
        self.facts = facts
        self.clock = SystemClock()
        self.values = values
        self.producer = RecordProducer(cluster)
        self.publisher = KafkaPublisher(self.producer, values, source="perception", facts=facts, clock=self.clock)
        self.members: list[GroupConsumer] = []

    def member(
        self,
        handle: Handle,
        *topics: str,
        group: str = "capsule",
        instance: str = "a",
        policy: RetryPolicy | None = None,
        handle_many: Callable[[Sequence[Delivery]], AsyncIterator[str | None]] | None = None,
    ) -> GroupConsumer:
        subscription = Subscription(group, topics or ("rim.fast-path",), handle, handle_many=handle_many)
        boundary = ConsumerBoundary(
            subscription,
            group=group,
            service="capsule",
            decode=self.values.decode,
            dead_letters=DeadLetterWriter(self.publisher, self.clock),
            facts=self.facts,
            clock=self.clock,
            policy=policy,
        )
        member = GroupConsumer(self.cluster, subscription, boundary.handle_run, instance=instance)
        self.members.append(member)
        member.start()
        return member

    async def publish(self, value: dict[str, Any], key: str = "k", **how: Any) -> None:
        await self.publisher.publish("rim.fast-path", value, key=key, trace=TraceContext.start(), **how)

    async def close(self) -> None:
        await asyncio.gather(*(member.stop() for member in self.members))
        await self.producer.stop()

    async def dead_letters(self, topic: str = "rim.fast-path.dlq") -> list[Record]:
        found: list[Record] = []
        async with LogReader(self.cluster, [topic]) as reader:
            while not await reader.caught_up():
                found += await reader.poll()
        return found


async def until(condition: Callable[[], Any], limit_s: float = 20.0) -> None:
    """Wait for something that Kafka does in its own time."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def bench(cluster: Cluster, values: TopicValues, facts: Any) -> AsyncIterator[Bench]:
    bench = Bench(cluster, values, facts)
    yield bench
    await bench.close()


@pytest.mark.spec("DLQ-AFTER-RETRIES", "DLQ-TOPIC")
async def test_a_poison_record_goes_to_the_dlq_and_the_consumer_goes_on(
    bench: Bench, fast_path: dict[str, Any]
) -> None:
    seen: list[Delivery] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery)

    bench.member(handle)
    await bench.publish(fast_path, partition=0)
    poison = b"\xffthis is not avro"
    await bench.publisher.publish_raw(
        "rim.fast-path", key=b"rim:a:b:c", value=poison, headers=[("X-Correlation-ID", b"trace-7")], partition=0
    )
    await bench.publish(fast_path, partition=0)
    await until(lambda: len(bench.facts.of("RecordConsumed")) == 3)
    assert [delivery.record.offset for delivery in seen] == [0, 2]
    assert [fact.outcome for fact in bench.facts.of("RecordConsumed")] == ["processed", "dead_lettered", "processed"]
    (letter,) = await bench.dead_letters()
    value = json.loads(letter.value or b"")
    assert letter.key == b"rim:a:b:c"
    assert (value["originalTopic"], value["partition"], value["offset"]) == ("rim.fast-path", 0, 1)
    assert (value["failureCategory"], value["status"], value["retryCount"]) == ("DESERIALIZATION", "PENDING", 0)
    assert (value["consumerGroupId"], value["sourceService"]) == ("capsule", "capsule")
    headers = dict(letter.headers)
    assert headers["dlq-id"].decode() == value["id"]
    assert headers["X-Correlation-ID"] == b"trace-7"
    (written,) = bench.facts.of("DlqRecordWritten")
    assert (written.dlq_id, written.correlation_id) == (value["id"], "trace-7")


async def test_a_topic_without_a_dlq_gets_one_when_it_needs_it(bench: Bench) -> None:
    async def handle(delivery: Delivery) -> None:
        raise RecordFailure(FailureCategory.VALIDATION, "no")

    bench.member(handle, "plato.plans")
    await bench.publisher.publish_raw("plato.plans", key=b"plan_1", value=b"not avro")
    await until(lambda: bench.facts.of("RecordConsumed"))
    (letter,) = await bench.dead_letters("plato.plans.dlq")
    assert letter.key == b"plan_1"


@pytest.mark.spec("ORDER-ENTITY")
async def test_a_record_that_is_retried_holds_up_its_partition_only(bench: Bench, fast_path: dict[str, Any]) -> None:
    seen: list[tuple[int, int, int]] = []

    async def handle(delivery: Delivery) -> None:
        record = delivery.record
        seen.append((record.partition, record.offset, delivery.attempt))
        if record.partition == 0 and record.offset == 0 and delivery.attempt < 3:
            raise RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, "not yet")

    bench.member(handle, policy=RetryPolicy(first_wait_s=0.3))
    for partition in (0, 0, 1, 1):
        await bench.publish(fast_path, partition=partition)
    await until(lambda: len(bench.facts.of("RecordConsumed")) == 4)
    assert [each for each in seen if each[0] == 0] == [(0, 0, 1), (0, 0, 2), (0, 0, 3), (0, 1, 1)]
    assert [each for each in seen if each[0] == 1] == [(1, 0, 1), (1, 1, 1)]
    assert seen.index((1, 1, 1)) < seen.index((0, 0, 2)), "the other partition did not wait"


async def test_a_retry_that_lasts_longer_than_the_session_costs_no_place_in_the_group(
    bench: Bench, fast_path: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.kafka.consumer.SESSION_TIMEOUT_MS", 1_000)
    monkeypatch.setattr("sandbox.kafka.consumer.HEARTBEAT_INTERVAL_MS", 200)
    seen: dict[int, list[int]] = {0: [], 1: []}

    async def handle(delivery: Delivery) -> None:
        seen[delivery.record.partition].append(delivery.record.offset)

    async def handle_many(deliveries: Sequence[Delivery]) -> AsyncIterator[str | None]:
        for each in deliveries:
            await handle(each)
            if seen[0] == [0, 1] and each.record.partition == 0:
                raise RecordFailure(FailureCategory.PERSISTENCE, "not yet")
            yield None

    member = bench.member(handle, handle_many=handle_many, policy=RetryPolicy(first_wait_s=3))
    await member.wait_joined()
    for _ in range(3):
        await bench.publish(fast_path, partition=0)
    lost = 0
    while len(seen[0]) < 4:
        await bench.publish(fast_path, partition=1)
        lost += member.partitions != 4
        await asyncio.sleep(0.1)
    assert seen[0] == [0, 1, 1, 2], "order was kept, and nothing came twice"
    assert lost == 0, "heartbeats went on"
    assert len(seen[1]) > 10, "the other partition went on"


@pytest.mark.spec("KAFKA-GROUPS")
async def test_every_group_gets_every_record_and_commits_what_it_has_handled(
    bench: Bench, fast_path: dict[str, Any]
) -> None:
    counts: Counter[str] = Counter()

    async def handle(delivery: Delivery) -> None:
        counts[delivery.group] += 1

    members = [bench.member(handle, group=group) for group in ("capsule", "odyssey-reflex")]
    for number in range(20):
        await bench.publish(fast_path, key=str(number))
    await until(lambda: counts == {"capsule": 20, "odyssey-reflex": 20})
    for member in members:
        await member.stop()
    async with GroupsAdmin(bench.cluster) as groups:
        described = await groups.describe()
    assert [(each.group, each.state, each.lag) for each in described] == [
        ("capsule", "Empty", 0), ("odyssey-reflex", "Empty", 0),
    ]  # fmt: skip


async def test_two_members_share_the_partitions_and_one_takes_over_at_once_when_the_other_stops(
    bench: Bench, fast_path: dict[str, Any]
) -> None:
    seen: list[tuple[str, int]] = []

    def handler(name: str) -> Handle:
        async def handle(delivery: Delivery) -> None:
            seen.append((name, delivery.record.partition))

        return handle

    first = bench.member(handler("first"), instance="a")
    await first.wait_joined()
    assert first.partitions == 4
    second = bench.member(handler("second"), instance="b")
    await until(lambda: (first.partitions, second.partitions) == (2, 2))
    for partition in range(4):
        await bench.publish(fast_path, partition=partition)
    await until(lambda: len(seen) == 4)
    assert {name for name, _ in seen} == {"first", "second"}
    started = time.monotonic()
    await second.stop()
    await until(lambda: first.partitions == 4)
    assert time.monotonic() - started < 6, "it left: nobody waited for its session to time out"


MEMBER = """
import asyncio, sys
from sandbox.contracts.delivery import Subscription
from sandbox.contracts.names import Names
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.consumer import GroupConsumer

async def main():
    async def handle(records):
        for record in records:
            yield record
    cluster = Cluster(sys.argv[1], Names(sys.argv[2]))
    member = GroupConsumer(cluster, Subscription("capsule", ("rim.fast-path",), handle), handle, instance="a")
    member.start()
    await member.wait_joined()
    print("joined", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_killed_member_that_comes_back_joins_at_once(bench: Bench) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        MEMBER,
        bench.cluster.bootstrap_servers,
        bench.cluster.names.prefix,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"joined\n"
    process.kill()
    await process.wait()

    async def handle(delivery: Delivery) -> None:
        pass

    started = time.monotonic()
    back = bench.member(handle, instance="a")
    await back.wait_joined()
    assert back.partitions == 4
    assert time.monotonic() - started < 3, "the session time-out is 10 s"


async def test_nothing_is_lost_when_the_broker_is_killed_while_consuming(
    bench: Bench, fast_path: dict[str, Any], broker: Any
) -> None:
    total = 3_000
    handled: Counter[tuple[int, int]] = Counter()
    numbers: set[float] = set()

    async def handle(delivery: Delivery) -> None:
        await asyncio.sleep(0)
        handled[delivery.record.partition, delivery.record.offset] += 1
        assert delivery.value is not None
        if delivery.value["price"] % 500 == 7:
            raise RecordFailure(FailureCategory.VALIDATION, "no")
        numbers.add(delivery.value["price"])

    async def publish() -> None:
        for batch in range(0, total, 100):
            waiting = [
                await bench.publisher.post(
                    "rim.fast-path", {**fast_path, "price": float(number)}, key=str(number), trace=TraceContext.start()
                )
                for number in range(batch, batch + 100)
            ]
            for each in waiting:
                await each.published()

    member = bench.member(handle)
    await member.wait_joined()
    publishing = asyncio.ensure_future(publish())
    await until(lambda: len(handled) > 300)
    os.kill(broker.pid, signal.SIGKILL)
    await broker.stop()
    broker.start()
    await broker.wait_listening()
    await publishing
    await until(lambda: len(numbers) == total - total // 500, limit_s=40)
    await until(lambda: len({letter.dlq_id for letter in bench.facts.of("DlqRecordWritten")}) == total // 500)
    letters = {json.loads(letter.value or b"")["id"] for letter in await bench.dead_letters()}
    assert len(letters) == total // 500
    outcomes = {(fact.partition, fact.offset): fact.outcome for fact in bench.facts.of("RecordConsumed")}
    assert Counter(outcomes.values())["processed"] >= total - total // 500


async def test_a_member_outlives_a_pause_of_the_broker_that_is_longer_than_its_session(
    bench: Bench, fast_path: dict[str, Any], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.kafka.consumer.SESSION_TIMEOUT_MS", 1_000)
    monkeypatch.setattr("sandbox.kafka.consumer.HEARTBEAT_INTERVAL_MS", 200)
    monkeypatch.setattr("sandbox.kafka.consumer.REQUEST_TIMEOUT_MS", 2_000)
    seen: list[int] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.record.offset)

    member = bench.member(handle)
    await bench.publish(fast_path, partition=0)
    await until(lambda: seen == [0])
    os.kill(broker.pid, signal.SIGSTOP)
    await asyncio.sleep(3)
    os.kill(broker.pid, signal.SIGCONT)
    await bench.publish(fast_path, partition=0)
    await until(lambda: 1 in seen)
    await until(lambda: member.joined)


async def test_a_consumer_waits_for_a_broker_that_is_not_there_yet(
    bench: Bench, fast_path: dict[str, Any], broker: Any
) -> None:
    await bench.publish(fast_path)
    await broker.stop()
    seen: list[int] = []

    async def handle(delivery: Delivery) -> None:
        seen.append(delivery.record.offset)

    member = bench.member(handle)
    await until(lambda: member.last_error)
    assert not member.joined
    broker.start()
    await broker.wait_listening()
    await until(lambda: seen == [0])
    assert (member.joined, member.last_error) == (True, None)


async def test_stopping_is_bounded_while_the_broker_is_frozen(
    bench: Bench, fast_path: dict[str, Any], broker: Any
) -> None:
    async def handle(delivery: Delivery) -> None:
        await asyncio.sleep(0)

    member = bench.member(handle)
    await bench.publish(fast_path)
    await until(lambda: bench.facts.of("RecordConsumed"))
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        await member.stop()
        assert time.monotonic() - started < 5.5
    finally:
        os.kill(broker.pid, signal.SIGCONT)


async def test_a_record_under_way_is_finished_before_the_stop(bench: Bench, fast_path: dict[str, Any]) -> None:
    under_way, done = asyncio.Event(), asyncio.Event()

    async def handle(delivery: Delivery) -> None:
        under_way.set()
        await asyncio.sleep(0.2)
        done.set()

    member = bench.member(handle)
    await bench.publish(fast_path)
    await under_way.wait()
    await member.stop()
    assert done.is_set()
    async with GroupsAdmin(bench.cluster) as groups:
        (described,) = await groups.describe(["capsule"])
    assert described.lag == 0
