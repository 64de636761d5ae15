"""One partition's records, in order, with room for only so many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import pytest

from sandbox.contracts.record import Record
from sandbox.kafka.partition_worker import RUN_RECORDS, PartitionWorker


def record(offset: int, size_bytes: int = 1) -> Record:
    return Record(topic="t", partition=0, offset=offset, timestamp_ms=0, key=None, value=b"x" * size_bytes)


class Bench:
    def __init__(self) -> None:
        self.gate = asyncio.Semaphore(0)
        self.seen: list[int] = []
        self.commits: list[int] = []
        self.rooms = 0
        self.worker = PartitionWorker(self._handle, self.commits.append, self._room, limit_records=4, limit_bytes=100)
        self.task = asyncio.ensure_future(self.worker.run())

    async def _handle(self, records: Sequence[Record]) -> AsyncGenerator[Record, None]:
        for record in records:
            await self.gate.acquire()
            self.seen.append(record.offset)
            yield record

    def _room(self) -> None:
        self.rooms += 1

    async def let_through(self, count: int) -> None:
        for _ in range(count):
            self.gate.release()
        for _ in range(5 * count + 5):
            await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.task.cancel()
    await asyncio.gather(bench.task, return_exceptions=True)


async def test_records_are_handled_in_order_and_committed_after(bench: Bench) -> None:
    bench.worker.feed([record(5), record(6), record(9)])
    await bench.let_through(2)
    assert bench.seen == [5, 6]
    assert bench.commits == [6, 7]
    await bench.let_through(1)
    assert bench.commits == [6, 7, 10]
    assert bench.worker.is_idle


async def test_a_full_backlog_says_so_and_says_when_there_is_room(bench: Bench) -> None:
    bench.worker.feed([record(offset) for offset in range(6)])
    assert bench.worker.is_full
    await bench.let_through(3)
    assert (bench.worker.is_full, bench.rooms) == (False, 0)
    await bench.let_through(1)
    assert bench.rooms == 1
    await bench.let_through(2)
    assert bench.rooms == 1, "once for each time it was full"


async def test_few_large_records_fill_it_too(bench: Bench) -> None:
    bench.worker.feed([record(1), record(2, size_bytes=99)])
    assert bench.worker.is_full
    await bench.let_through(2)
    assert not bench.worker.is_full
    assert bench.rooms == 1


async def test_finishing_ends_after_the_record_under_way(bench: Bench) -> None:
    bench.worker.feed([record(1), record(2)])
    await bench.let_through(0)
    bench.worker.finish()
    await bench.let_through(2)
    assert bench.task.done()
    assert bench.commits == [2]


async def test_an_idle_worker_finishes_at_once(bench: Bench) -> None:
    bench.worker.finish()
    await bench.let_through(0)
    assert bench.task.done()


async def test_a_cancelled_record_is_not_committed(bench: Bench) -> None:
    bench.worker.feed([record(1)])
    await bench.let_through(0)
    assert not bench.worker.is_idle
    bench.task.cancel()
    await bench.let_through(1)
    assert bench.commits == []


async def test_what_waits_is_handed_over_together_and_no_more_of_it_than_is_good() -> None:
    runs: list[int] = []

    async def handle(records: Sequence[Record]) -> AsyncGenerator[Record, None]:
        runs.append(len(records))
        yield records[-1]

    commits: list[int] = []
    worker = PartitionWorker(handle, commits.append, lambda: None)
    worker.feed([record(offset) for offset in range(RUN_RECORDS + 3)])
    task = asyncio.ensure_future(worker.run())
    for _ in range(10):
        await asyncio.sleep(0)
    assert runs == [RUN_RECORDS, 3]
    assert commits == [RUN_RECORDS, RUN_RECORDS + 3]
    worker.finish()
    await task
