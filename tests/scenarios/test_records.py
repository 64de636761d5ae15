import asyncio

import pytest

from sandbox.contracts.record import Record
from sandbox.errors import UpstreamUnavailable
from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.ports import Seen
from sandbox.scenarios.records import RecordLog, observed


def seen(offset: int, topic: str = "a", value: bytes = b"x") -> Seen:
    record = Record(topic=topic, partition=0, offset=offset, timestamp_ms=0, key=b"k", value=value)
    return Seen(record, {"n": offset})


def offsets(log: RecordLog, number: int, topic: str = "a") -> list[int]:
    return [each.record.offset for each in log.since(topic, number)]


def test_records_are_numbered_by_topic() -> None:
    log = RecordLog()
    for offset in range(3):
        log.add(seen(offset))
    log.add(seen(9, "b"))
    assert (offsets(log, 0), offsets(log, 2), offsets(log, 3), offsets(log, 0, "b")) == ([0, 1, 2], [2], [], [9])
    assert (log.end("a"), log.end("b"), log.end("c")) == (3, 1, 0)
    assert [each.record.offset for each in log.last("a", 2)] == [2, 1]


def test_the_oldest_go_first_and_numbers_stay() -> None:
    log = RecordLog(limit_bytes=10_000)
    for offset in range(50):
        log.add(seen(offset, "a" if offset % 2 else "b"))
    assert log.first("a") + log.first("b") == 50 - 9
    assert log.end("a") == 25 and offsets(log, 0)[0] == 2 * log.first("a") + 1
    assert offsets(log, 24) == [49]


async def test_waiting_ends_when_a_record_comes() -> None:
    log = RecordLog()
    waiter = asyncio.create_task(log.more("a", 0))
    await asyncio.sleep(0)
    log.add(seen(0, "b"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiter.done()
    log.add(seen(0, "a"))
    await waiter


async def test_two_may_wait_at_once() -> None:
    log = RecordLog()
    waiters = [asyncio.create_task(log.more(topic, 0)) for topic in "ab"]
    await asyncio.sleep(0)
    log.add(seen(0, "a"))
    await asyncio.sleep(0)
    log.add(seen(0, "b"))
    await asyncio.gather(*waiters)


async def test_waiting_ends_with_what_ended_the_watching() -> None:
    log = RecordLog()
    waiter = asyncio.create_task(log.more("a", 0))
    await asyncio.sleep(0)
    log.fail(UpstreamUnavailable("Kafka is away"))
    with pytest.raises(UpstreamUnavailable):
        await waiter


def test_a_record_is_observed_with_text_where_there_is_text() -> None:
    record = Record(
        topic="a",
        partition=2,
        offset=7,
        timestamp_ms=5,
        key=None,
        value=b"\xff",
        headers=(("X", b"caf\xc3\xa9"), ("Y", b"\xff")),
    )
    sight = observed(Seen(record, MISSING))
    assert sight.parts == {"key": MISSING, "topic": "a", "partition": 2, "offset": 7, "timestamp": 5}
    assert sight.headers == {"X": "café", "Y": "\ufffd"} and sight.document is MISSING
