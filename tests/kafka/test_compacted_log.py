"""The registry's log on the real Kafka."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from sandbox.contracts.names import Names
from sandbox.errors import SandboxError, UpstreamUnavailable
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.compacted_log import CompactedLog, LogRecord
from sandbox.kafka.topics_admin import TopicsAdmin

pytestmark = pytest.mark.e2e


class TooLarge(SandboxError):
    pass


class Follower:
    """Follows a log and keeps what it is given."""

    def __init__(self, log: CompactedLog) -> None:
        self.records: list[LogRecord] = []
        self.replayed = asyncio.Event()
        self.seen_at_replay = -1
        self.task = asyncio.ensure_future(log.follow(self._apply, self._replayed))

    def _apply(self, records: Sequence[LogRecord]) -> None:
        assert records
        self.records += records

    def _replayed(self) -> None:
        assert not self.replayed.is_set()
        self.seen_at_replay = len(self.records)
        self.replayed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.01)


@pytest.fixture
async def make_log(cluster: Cluster) -> AsyncIterator[Callable[[], CompactedLog]]:
    made: list[CompactedLog] = []

    def make() -> CompactedLog:
        made.append(CompactedLog(cluster, too_large=TooLarge))
        return made[-1]

    yield make
    for log in made:
        await log.stop()
    async with TopicsAdmin(cluster) as topics:
        await topics.delete(["_schemas"])


async def test_the_topic_is_made_compacted_with_one_partition(make_log: Any, cluster: Cluster) -> None:
    log = make_log()
    await log.start()
    assert await log.end_offset() == 0
    async with TopicsAdmin(cluster) as topics:
        described = await topics.describe("_schemas")
    assert (described.partitions, described.config["cleanup.policy"]) == (1, "compact")


async def test_an_empty_log_is_replayed_at_once(make_log: Any) -> None:
    log = make_log()
    await log.start()
    follower = Follower(log)
    await asyncio.wait_for(follower.replayed.wait(), 5)
    assert follower.records == []
    await log.stop()
    await asyncio.wait_for(follower.task, 2)


async def test_two_instances_see_the_same_records_in_the_same_order(make_log: Any) -> None:
    one, other = make_log(), make_log()
    await asyncio.gather(one.start(), other.start())
    followers = [Follower(one), Follower(other)]
    offsets = await asyncio.gather(
        *(
            log.append(b"%d" % number, b"by %d" % which)
            for number in range(20)
            for which, log in enumerate((one, other))
        )
    )
    assert sorted(offsets) == list(range(40))
    assert await one.end_offset() == 40
    for follower in followers:
        await follower.until(lambda follower=follower: len(follower.records) == 40)
    assert followers[0].records == followers[1].records
    assert [record.offset for record in followers[0].records] == list(range(40))


async def test_a_late_follower_is_told_when_it_has_seen_what_was_there(make_log: Any) -> None:
    log = make_log()
    await log.start()
    for number in range(5):
        await log.append(b"k", b"%d" % number, headers=[("h", b"v")])
    await log.append(b"k", None)
    follower = Follower(log)
    await asyncio.wait_for(follower.replayed.wait(), 5)
    assert follower.seen_at_replay == 6
    assert follower.records[0].headers == (("h", b"v"),)
    assert follower.records[0].timestamp_ms > 0
    assert (follower.records[-1].key, follower.records[-1].value) == (b"k", None)


async def test_a_record_that_is_too_large_is_refused_and_the_log_goes_on(make_log: Any) -> None:
    log = make_log()
    await log.start()
    with pytest.raises(TooLarge):
        await log.append(b"k", b"x" * 2_000_000)
    assert await log.append(b"k", b"v") == 0


async def test_a_follower_goes_on_after_the_broker_was_killed(make_log: Any, broker: Any) -> None:
    log = make_log()
    await log.start()
    follower = Follower(log)
    await log.append(b"k", b"1")
    await follower.until(lambda: len(follower.records) == 1)
    os.kill(broker.pid, signal.SIGKILL)
    await broker.stop()
    broker.start()
    await broker.wait_listening()
    await log.append(b"k", b"2")
    await follower.until(lambda: len(follower.records) == 2)
    assert [record.value for record in follower.records] == [b"1", b"2"]
    assert not follower.task.done()


async def test_an_append_that_kafka_does_not_confirm_fails_in_bounded_time_and_does_not_turn_up(
    make_log: Any, broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.kafka.compacted_log.APPEND_LIMIT_S", 0.5)
    log = make_log()
    await log.start()
    await log.append(b"k", b"1")
    await broker.stop()
    started = time.monotonic()
    with pytest.raises(UpstreamUnavailable):
        await log.append(b"k", b"lost")
    assert time.monotonic() - started < 4
    broker.start()
    await broker.wait_listening()
    follower = Follower(log)
    async with asyncio.timeout(10):
        while True:
            try:
                await log.append(b"k", b"2")
                break
            except UpstreamUnavailable:
                await asyncio.sleep(0.1)
    await follower.until(lambda: len(follower.records) >= 2)
    assert [record.value for record in follower.records] == [b"1", b"2"]


async def test_without_kafka_everything_fails_and_nothing_stays_open(
    unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.kafka.compacted_log.CONNECT_LIMIT_S", 0.3)
    log = CompactedLog(Cluster(f"127.0.0.1:{unused_tcp_port}", Names()))
    with pytest.raises(UpstreamUnavailable):
        await log.start()
    with pytest.raises(UpstreamUnavailable):
        await log.append(b"k", b"v")
    with pytest.raises(UpstreamUnavailable):
        await log.end_offset()
    await log.stop()
