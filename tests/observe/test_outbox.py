from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from sandbox.errors import UsageError
from sandbox.observe.intake import FactBatch, Intake
from sandbox.observe.outbox import Outbox


class EngineLink:
    """An engine at the other end, which can be away, refuse, or take a batch and lose its answer."""

    def __init__(self, journal, clock) -> None:
        self.intake = Intake(journal, clock)
        self.away = self.answers_lost = False
        self.refuses: set[int] = set()
        self.batches: list[FactBatch] = []
        self.tries = 0
        self.on_its_way = None

    async def __call__(self, body: bytes) -> int | None:
        self.tries += 1
        batch = FactBatch.from_json(json.loads(body))
        if self.on_its_way is not None:
            self.on_its_way()
        if self.away:
            return None
        if batch.first in self.refuses:
            raise UsageError("refused")
        self.batches.append(batch)
        following = self.intake.accept(batch)
        return None if self.answers_lost else following


@pytest.fixture
def link(journal, clock) -> EngineLink:
    return EngineLink(journal, clock)


@asynccontextmanager
async def running(outbox: Outbox):
    task = asyncio.create_task(outbox.run())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def times(journal) -> list[int]:
    return [entry.data["at_ms"] for entry in journal.read(kinds={"RequestServed"}, limit=10_000).entries]


async def test_facts_arrive_once_in_order_and_in_one_batch_per_pace(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock, epoch="e1")
    async with running(outbox):
        for n in range(5):
            outbox.record(served(n))
        await clock.advance(0.04)
        assert link.batches == []
        await clock.advance(0.02)
        for n in range(5, 8):
            outbox.record(served(n))
        await clock.advance(0.06)
    assert [(batch.first, len(batch.facts)) for batch in link.batches] == [(0, 5), (5, 3)]
    assert times(journal) == list(range(1_000, 1_008))
    assert (outbox.pending, outbox.lost) == (0, 0)


async def test_nothing_is_sent_while_nothing_happens(link, clock, served) -> None:
    outbox = Outbox("services", link, clock)
    async with running(outbox):
        await clock.advance(60)
    assert link.tries == 0


async def test_facts_recorded_while_a_batch_travels_wait_for_the_next_pace(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock)
    link.on_its_way = lambda: outbox.record(served(100 + link.tries)) if link.tries < 4 else None
    async with running(outbox):
        outbox.record(served(0))
        await clock.advance(0.051)
        assert link.tries == 1
        await clock.advance(0.2)
    assert times(journal) == [1_000, 1_101, 1_102, 1_103]


async def test_a_burst_leaves_in_batches_within_their_limits(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock, batch_facts=10)
    async with running(outbox):
        for n in range(25):
            outbox.record(served(n))
        await clock.advance(0.2)
    assert [len(batch.facts) for batch in link.batches] == [10, 10, 5]
    assert len(times(journal)) == 25


async def test_a_batch_stays_below_its_bytes_but_always_has_a_fact(link, clock, served) -> None:
    outbox = Outbox("services", link, clock, batch_bytes=600)
    for n in range(4):
        outbox.record(served(n, client="x" * (2_000 if n == 2 else 10)))
    assert await outbox.flush()
    assert [len(batch.facts) for batch in link.batches] == [2, 1, 1]


async def test_while_the_engine_is_away_facts_wait_and_tries_grow_rarer(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock)
    link.away = True
    async with running(outbox):
        outbox.record(served(0))
        await clock.advance(60)
        assert 28 < link.tries < 40
        outbox.record(served(1))
        link.away = False
        await clock.advance(2.1)
    assert times(journal) == [1_000, 1_001]
    assert outbox.lost == 0


async def test_after_an_absence_the_pace_is_quick_again(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock)
    link.away = True
    async with running(outbox):
        outbox.record(served(0))
        await clock.advance(30)
        link.away = False
        await clock.advance(2.1)
        link.away = True
        outbox.record(served(1))
        await clock.advance(0.06)
        link.away = False
        await clock.advance(0.11)
    assert times(journal) == [1_000, 1_001]


async def test_what_overflows_is_counted_and_told_to_the_engine(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock, limit_facts=10)
    link.away = True
    async with running(outbox):
        for n in range(25):
            outbox.record(served(n))
        await clock.advance(1)
        assert (outbox.pending, outbox.lost) == (10, 15)
        link.away = False
        await clock.advance(3)
    assert times(journal) == list(range(1_015, 1_025))
    assert journal.counters.lost == outbox.lost == 15
    assert journal.read(kinds={"FactsLost"}).entries[0].seq == 1


async def test_losses_of_two_absences_are_each_told_once(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock, limit_facts=10)
    for _ in range(2):
        for n in range(13):
            outbox.record(served(n))
        assert await outbox.flush()
    assert [entry.data["count"] for entry in journal.read(kinds={"FactsLost"}).entries] == [3, 3]
    assert outbox.lost == 6


async def test_a_batch_whose_answer_was_lost_is_sent_again_and_counts_once(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock)
    link.answers_lost = True
    async with running(outbox):
        outbox.record(served(0))
        await clock.advance(0.06)
        link.answers_lost = False
        outbox.record(served(1))
        await clock.advance(1)
    assert [(batch.first, len(batch.facts)) for batch in link.batches] == [(0, 1), (0, 2)]
    assert times(journal) == [1_000, 1_001]


async def test_facts_pushed_out_while_they_travel_are_not_lost(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock, limit_facts=5)
    for n in range(5):
        outbox.record(served(n))

    def overflow() -> None:
        link.on_its_way = None
        for n in range(5, 8):
            outbox.record(served(n))

    link.on_its_way = overflow
    assert await outbox.flush()
    assert times(journal) == list(range(1_000, 1_008))
    assert journal.counters.lost == outbox.lost == 0


async def test_a_batch_that_the_engine_refuses_does_not_block_the_next(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock, batch_facts=2)
    link.refuses = {2}
    for n in range(6):
        outbox.record(served(n))
    assert await outbox.flush()
    assert times(journal) == [1_000, 1_001, 1_004, 1_005]
    assert journal.counters.lost == outbox.lost == 2


async def test_a_new_engine_is_given_what_the_old_one_did_not_take(link, clock, journal, served) -> None:
    outbox = Outbox("services", link, clock)
    outbox.record(served(0))
    await outbox.flush()
    link.away = True
    outbox.record(served(1))
    assert not await outbox.flush()
    link.away, link.intake = False, Intake(journal, clock)
    assert await outbox.flush()
    assert times(journal) == [1_000, 1_001]
    assert journal.counters.lost == 0


async def test_an_answer_that_takes_nothing_counts_as_away(clock, served) -> None:
    async def stubborn(_: bytes) -> int:
        return 0

    outbox = Outbox("services", stubborn, clock)
    outbox.record(served(0))
    assert not await outbox.flush()
    assert outbox.pending == 1


async def test_a_flush_ends_at_its_limit(clock, served) -> None:
    async def silent(_: bytes) -> None:
        await asyncio.Event().wait()

    outbox = Outbox("services", silent, clock)
    outbox.record(served(0))
    assert not await outbox.flush(wait_s=0.01)
    assert outbox.pending == 1


async def test_each_life_of_a_process_has_its_own_epoch(link, clock) -> None:
    assert Outbox("services", link, clock).epoch != Outbox("services", link, clock).epoch


async def test_who_records_much_is_held_up_until_the_engine_has_caught_up(link, clock, served) -> None:
    outbox = Outbox("services", link, clock, limit_facts=9, batch_facts=3)
    outbox.record(served(1))
    assert await outbox.flush()
    for number in range(4):
        outbox.record(served(number))
    waiting = asyncio.ensure_future(outbox.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert await outbox.flush()
    await waiting


async def test_nobody_is_held_up_for_an_engine_that_is_away(link, clock, served) -> None:
    outbox = Outbox("services", link, clock, limit_facts=9, batch_facts=3)
    for number in range(4):
        outbox.record(served(number))
    await outbox.room()
    assert await outbox.flush()
    for number in range(4):
        outbox.record(served(number))
    waiting = asyncio.ensure_future(outbox.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    link.away = True
    assert not await outbox.flush()
    await waiting
