"""Records that a service takes many at a time: what goes well goes together, what fails is alone with its failure."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.dead_letter import DeadLetter, FailureCategory, RecordFailure
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.record import Record
from sandbox.kafka.boundary import ConsumerBoundary
from sandbox.kafka.cluster import KafkaUnavailable


class Bench:
    """A service that fails on chosen offsets, so and so many times; offsets 90 and above do not decode."""

    def __init__(self, facts: Any) -> None:
        self.clock = ManualClock()
        self.facts = facts
        self.letters: list[DeadLetter] = []
        self.handed: list[list[int]] = []
        self.deliveries: list[Delivery] = []
        self.failures: dict[int, list[Exception]] = {}
        self.yields: list[int] = []
        self.silent_after: int | None = None
        self.holds_at: int | None = None
        self.room: Any = None

    async def write(self, letter: DeadLetter) -> None:
        self.letters.append(letter)

    async def decode(self, topic: str, data: bytes | None) -> dict[str, Any]:
        offset = int(data or b"")
        if offset >= 90:
            raise RecordFailure(FailureCategory.DESERIALIZATION, "not avro")
        return {"offset": offset}

    async def handle(self, delivery: Delivery) -> str | None:
        (outcome,) = [each async for each in self.handle_many([delivery])]
        return outcome

    async def handle_many(self, deliveries: Sequence[Delivery]) -> AsyncIterator[str | None]:
        self.handed.append([each.record.offset for each in deliveries])
        self.deliveries += deliveries
        for each in deliveries:
            offset = each.record.offset
            if self.failures.get(offset):
                raise self.failures[offset].pop(0)
            if offset == self.silent_after:
                return
            if offset == self.holds_at:
                await asyncio.Event().wait()
            yield "duplicate" if offset == 7 else None

    def start(self, *offsets: int) -> asyncio.Task[None]:
        boundary = ConsumerBoundary(
            Subscription("capsule", ("t",), self.handle, handle_many=self.handle_many),
            group="capsule",
            service="capsule",
            decode=self.decode,
            dead_letters=self,
            facts=self.facts,
            clock=self.clock,
            rng=random.Random(1),
            room=self.room,
        )

        async def run() -> None:
            async for done in boundary.handle_run([record(offset) for offset in offsets]):
                self.yields.append(done.offset)

        return asyncio.ensure_future(run())

    async def run(self, *offsets: int, after_s: float = 0.0) -> list[tuple[int, str]]:
        task = self.start(*offsets)
        await self.clock.advance(after_s)
        assert task.done(), f"not done after {after_s} s"
        task.result()
        return [(fact.offset, fact.outcome) for fact in self.facts.of("RecordConsumed")]


def record(offset: int) -> Record:
    return Record(topic="t", partition=0, offset=offset, timestamp_ms=1, key=b"k", value=b"%d" % offset)


@pytest.fixture
def bench(facts: Any) -> Bench:
    return Bench(facts)


async def test_a_run_that_goes_well_is_handed_over_at_once(bench: Bench) -> None:
    outcomes = await bench.run(5, 6, 7, 8)
    assert outcomes == [(5, "processed"), (6, "processed"), (7, "duplicate"), (8, "processed")]
    assert bench.handed == [[5, 6, 7, 8]]
    assert bench.yields == [8], "all before it are done with too"


async def test_a_record_that_is_retried_is_waited_for_by_those_behind_it_and_by_nobody_else(bench: Bench) -> None:
    bench.failures[6] = [RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, "away")] * 2
    task = bench.start(5, 6, 7, 8)
    await bench.clock.advance(2.9)
    assert bench.yields == [5], "what is before it may be committed"
    assert bench.handed == [[5, 6, 7, 8], [6]]
    await bench.clock.advance(0.1)
    await task
    assert bench.handed == [[5, 6, 7, 8], [6], [6], [7, 8]]
    assert bench.yields == [5, 6, 8]
    assert [(fact.offset, fact.attempts) for fact in bench.facts.of("RecordConsumed")] == [
        (5, 1),
        (6, 3),
        (7, 1),
        (8, 1),
    ]
    assert [fact.wait_ms for fact in bench.facts.of("RetryScheduled")] == [1_000.0, 2_000.0]


async def test_the_attempts_of_a_record_belong_to_one_span(bench: Bench) -> None:
    bench.failures[6] = [KeyError("once")]
    await bench.run(5, 6, after_s=1.0)
    first, again = [each for each in bench.deliveries if each.record.offset == 6]
    assert (first.attempt, again.attempt) == (1, 2)
    assert first.trace == again.trace


async def test_a_record_that_fails_to_the_end_counts_the_attempt_among_others(bench: Bench) -> None:
    bench.failures[6] = [KeyError("oops")] * 9
    outcomes = await bench.run(5, 6, 7, after_s=7.0)
    assert outcomes == [(5, "processed"), (6, "dead_lettered"), (7, "duplicate")]
    (letter,) = bench.letters
    assert (letter.category, letter.retry_count, letter.record.offset) == (FailureCategory.UNKNOWN, 3, 6)
    assert len(bench.failures[6]) == 5, "four attempts"


async def test_a_record_with_a_bad_value_is_not_tried_again(bench: Bench) -> None:
    bench.failures[6] = [RecordFailure(FailureCategory.VALIDATION, "no")]
    assert await bench.run(5, 6, 8) == [(5, "processed"), (6, "dead_lettered"), (8, "processed")]
    assert bench.handed == [[5, 6, 8], [8]]


async def test_poison_splits_a_run_and_never_reaches_the_service(bench: Bench) -> None:
    outcomes = await bench.run(90, 5, 6, 91, 8, 92)
    poison = [(offset, "dead_lettered") for offset in (90, 91, 92)]
    assert outcomes == [poison[0], (5, "processed"), (6, "processed"), poison[1], (8, "processed"), poison[2]]
    assert bench.handed == [[5, 6], [8]]
    assert bench.yields == [90, 6, 91, 8, 92]
    assert [letter.record.offset for letter in bench.letters] == [90, 91, 92]


async def test_while_kafka_is_away_nothing_is_counted_against_the_first_record(bench: Bench) -> None:
    bench.failures[5] = [KafkaUnavailable("no broker")] * 10
    assert await bench.run(5, 6, after_s=10.0) == [(5, "processed"), (6, "processed")]
    assert {fact.attempts for fact in bench.facts.of("RecordConsumed")} == {1}


async def test_a_service_that_says_nothing_about_a_record_has_failed_on_it(bench: Bench) -> None:
    bench.silent_after = 6
    task = bench.start(5, 6)
    await bench.clock.advance(7.0)
    await task
    assert [letter.record.offset for letter in bench.letters] == [6]


async def test_a_run_waits_until_its_facts_can_be_taken(bench: Bench) -> None:
    room = asyncio.Event()
    bench.room = room.wait
    task = bench.start(5)
    await bench.clock.advance(1.0)
    assert bench.handed == []
    room.set()
    await task
    assert bench.handed == [[5]]


async def test_a_run_that_is_cut_off_has_told_of_what_was_handled(bench: Bench) -> None:
    bench.holds_at = 7
    task = bench.start(5, 6, 7, 8)
    await bench.clock.advance(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(fact.offset, fact.outcome) for fact in bench.facts.all] == [(5, "processed"), (6, "processed")]
    assert bench.yields == [], "it is not committed, and comes again"
