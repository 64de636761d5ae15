"""What becomes of a record at the consumer boundary, by category, with time standing still."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.dead_letter import DeadLetter, FailureCategory, RecordFailure
from sandbox.contracts.delivery import Delivery, Subscription
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable
from sandbox.events.log import CURRENT_TRACE, JsonLines
from sandbox.kafka.boundary import ConsumerBoundary
from sandbox.kafka.cluster import KafkaUnavailable

RECORD = Record(
    topic="rim.fast-path",
    partition=3,
    offset=17,
    timestamp_ms=1_733_220_000_000,
    key=b"rim:a:b:c",
    value=b"bytes",
    headers=(("X-Request-ID", b"req-1"), ("X-Correlation-ID", b"trace-1"), ("X-Tenant-ID", b"t1")),
)


class DeadLetters:
    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []
        self.safe = asyncio.Event()
        self.safe.set()

    async def write(self, letter: DeadLetter) -> None:
        await self.safe.wait()
        self.letters.append(letter)


class Bench:
    """A boundary with everything around it in the test's hand."""

    def __init__(self, facts: Any) -> None:
        self.clock = ManualClock()
        self.facts = facts
        self.dead_letters = DeadLetters()
        self.deliveries: list[Delivery] = []
        self.behaviour: Callable[[Delivery], Awaitable[str | None]] = self.succeed
        self.decode: Callable[[str, bytes | None], Awaitable[dict[str, Any]]] = self.decoded

    async def decoded(self, topic: str, data: bytes | None) -> dict[str, Any]:
        return {"topic": topic, "data": data}

    async def succeed(self, delivery: Delivery) -> str | None:
        return None

    def fails(self, *errors: Exception | None) -> None:
        """Each attempt in turn raises the next error; None, or the end of them, succeeds."""
        left = list(errors)

        async def behave(delivery: Delivery) -> str | None:
            error = left.pop(0) if left else None
            if error is not None:
                raise error
            return None

        self.behaviour = behave

    def start(self, record: Record = RECORD, *, decode: bool = True) -> asyncio.Task[str]:
        async def handle(delivery: Delivery) -> str | None:
            self.deliveries.append(delivery)
            return await self.behaviour(delivery)

        boundary = ConsumerBoundary(
            Subscription("capsule", (record.topic,), handle, decode),
            group="capsule",
            service="capsule",
            decode=self.decode,
            dead_letters=self.dead_letters,
            facts=self.facts,
            clock=self.clock,
            rng=random.Random(1),
        )
        return asyncio.ensure_future(boundary.handle(record))

    async def outcome(self, after_s: float = 0.0) -> str:
        task = self.start()
        await self.clock.advance(after_s)
        assert task.done(), f"not done after {after_s} s"
        return task.result()


@pytest.fixture
def bench(facts: Any) -> Bench:
    return Bench(facts)


@pytest.mark.spec("DLQ-SUCCESS")
async def test_a_handled_record_is_processed_at_the_first_attempt(bench: Bench) -> None:
    assert await bench.outcome() == "processed"
    (delivery,) = bench.deliveries
    assert delivery.value == {"topic": "rim.fast-path", "data": b"bytes"}
    assert (delivery.group, delivery.attempt) == ("capsule", 1)
    assert (delivery.trace.request_id, delivery.trace.correlation_id, delivery.trace.tenant) == (
        "req-1", "trace-1", "t1",
    )  # fmt: skip
    (fact,) = bench.facts.all
    assert (fact.kind, fact.outcome, fact.attempts, fact.key) == ("RecordConsumed", "processed", 1, "rim:a:b:c")
    assert (fact.topic, fact.partition, fact.offset, fact.request_id) == ("rim.fast-path", 3, 17, "req-1")


@pytest.mark.parametrize("said", ["skipped", "duplicate"])
async def test_a_service_may_skip_a_record_or_know_it_already(bench: Bench, said: str) -> None:
    async def behave(delivery: Delivery) -> str:
        return said

    bench.behaviour = behave
    assert await bench.outcome() == said
    assert bench.facts.of("RecordConsumed")[0].outcome == said


async def test_a_service_that_wants_bytes_gets_no_value(bench: Bench) -> None:
    async def broken(topic: str, data: bytes | None) -> dict[str, Any]:
        raise AssertionError("decoded all the same")

    bench.decode = broken
    assert await bench.start(decode=False) == "processed"
    assert bench.deliveries[0].value is None


async def test_what_does_not_decode_goes_to_the_dlq_at_once(bench: Bench) -> None:
    async def broken(topic: str, data: bytes | None) -> dict[str, Any]:
        raise RecordFailure(FailureCategory.DESERIALIZATION, "magic byte is 0x62")

    bench.decode = broken
    assert await bench.outcome() == "dead_lettered"
    assert bench.deliveries == []
    (letter,) = bench.dead_letters.letters
    assert letter.category is FailureCategory.DESERIALIZATION
    assert (letter.retry_count, letter.last_retry_ms) == (0, None)
    assert letter.error_message == "magic byte is 0x62"
    assert [fact.kind for fact in bench.facts.all] == ["DlqRecordWritten", "RecordConsumed"]
    assert letter.trace is not None
    assert {fact.span_id for fact in bench.facts.all} == {letter.trace.span_id}, "one piece of work"


async def test_log_lines_of_what_handles_a_record_carry_its_ids(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[TraceContext | None] = []

    async def behave(delivery: Delivery) -> str | None:
        seen.append(CURRENT_TRACE.get())
        raise KeyError("oops")

    bench.behaviour = behave
    assert await bench.outcome(after_s=7) == "dead_lettered"
    assert [each and each.request_id for each in seen] == ["req-1"] * 4
    assert CURRENT_TRACE.get() is None
    failures = [record for record in caplog.records if record.name == "sandbox.kafka.boundary"]
    assert [(each.service, each.trace.request_id) for each in failures] == [("capsule", "req-1")] * 5


async def test_an_invalid_value_goes_to_the_dlq_at_once(bench: Bench) -> None:
    bench.fails(RecordFailure(FailureCategory.VALIDATION, "rim_node_id is empty"))
    assert await bench.outcome() == "dead_lettered"
    assert len(bench.deliveries) == 1
    assert bench.dead_letters.letters[0].category is FailureCategory.VALIDATION


@pytest.mark.spec("DLQ-AFTER-RETRIES", "DLQ-HAS-ERROR", "DLQ-HAS-RETRY-COUNT", "RETRY-BACKOFF", "RETRY-COUNT")
@pytest.mark.parametrize(
    ("error", "category"),
    [
        (RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, "PLATO does not answer"), "DOWNSTREAM_FAILURE"),
        (RecordFailure(FailureCategory.PERSISTENCE, "disk full"), "PERSISTENCE"),
        (UpstreamUnavailable("PLATO does not answer"), "DOWNSTREAM_FAILURE"),
        (KeyError("oops"), "UNKNOWN"),
    ],
)
async def test_other_failures_go_to_the_dlq_after_three_retries(bench: Bench, error: Exception, category: str) -> None:
    bench.fails(error, error, error, error)
    task = bench.start()
    waits = []
    for wait_s in (1.0, 2.0, 4.0):
        await bench.clock.advance(wait_s - 0.001)
        waits.append(len(bench.deliveries))
        await bench.clock.advance(0.001)
    assert waits == [1, 2, 3]
    assert await task == "dead_lettered"
    assert [delivery.attempt for delivery in bench.deliveries] == [1, 2, 3, 4]
    (letter,) = bench.dead_letters.letters
    assert letter.category.value == category
    assert letter.retry_count == 3
    assert letter.last_retry_ms == letter.dlq_timestamp_ms == bench.clock.now_ms()
    assert (letter.consumer_group, letter.source_service) == ("capsule", "capsule")
    assert letter.error_type == type(error).__name__
    assert type(error).__name__ in letter.stack_trace
    retries = bench.facts.of("RetryScheduled")
    assert [(fact.retry, fact.wait_ms, fact.category) for fact in retries] == [
        (1, 1000.0, category), (2, 2000.0, category), (3, 4000.0, category),
    ]  # fmt: skip
    (consumed,) = bench.facts.of("RecordConsumed")
    assert (consumed.outcome, consumed.attempts, consumed.took_ms) == ("dead_lettered", 4, 7000.0)


@pytest.mark.spec("DLQ-SUCCESS")
async def test_a_record_that_succeeds_on_a_retry_is_processed(bench: Bench) -> None:
    bench.fails(KeyError("once"))
    assert await bench.outcome(after_s=1.0) == "processed"
    assert bench.dead_letters.letters == []
    assert bench.facts.of("RecordConsumed")[0].attempts == 2


async def test_a_failure_may_change_its_category_between_attempts(bench: Bench) -> None:
    bench.fails(KeyError("first"), RecordFailure(FailureCategory.VALIDATION, "now it is known to be wrong"))
    assert await bench.outcome(after_s=1.0) == "dead_lettered"
    (letter,) = bench.dead_letters.letters
    assert (letter.category, letter.retry_count) == (FailureCategory.VALIDATION, 1)


async def test_kafka_being_away_is_never_counted_against_the_record(bench: Bench) -> None:
    away = KafkaUnavailable("no broker")
    wrapped = RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, "could not publish")
    wrapped.__cause__ = away
    bench.fails(*[away, wrapped] * 10)
    assert await bench.outcome(after_s=20.0) == "processed"
    assert {delivery.attempt for delivery in bench.deliveries} == {1}
    assert bench.dead_letters.letters == []


async def test_a_record_is_not_done_with_before_its_letter_is_safe(bench: Bench) -> None:
    bench.fails(RecordFailure(FailureCategory.VALIDATION, "no"))
    bench.dead_letters.safe.clear()
    task = bench.start()
    await bench.clock.advance(60)
    assert not task.done()
    assert bench.facts.all == []
    bench.dead_letters.safe.set()
    assert await task == "dead_lettered"


async def test_a_letter_written_twice_has_one_id(bench: Bench) -> None:
    bench.fails(*[RecordFailure(FailureCategory.VALIDATION, "no")] * 2)
    await bench.outcome()
    await bench.outcome()
    first, second = bench.dead_letters.letters
    assert first.id == second.id


async def test_the_error_type_is_that_of_the_cause(bench: Bench) -> None:
    failure = RecordFailure(FailureCategory.PERSISTENCE, "cannot store")
    failure.__cause__ = OSError("disk full")
    bench.fails(*[failure] * 4)
    await bench.outcome(after_s=7.0)
    assert bench.dead_letters.letters[0].error_type == "OSError"


async def test_a_stopped_consumer_gives_up_its_wait(bench: Bench) -> None:
    bench.fails(KeyError("once"))
    task = bench.start()
    await bench.clock.advance(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.facts.of("RecordConsumed") == []


async def test_each_retry_and_the_end_of_them_is_a_log_line_with_the_records_ids(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.fails(*[UpstreamUnavailable("PLATO is away")] * 4)
    with caplog.at_level(logging.INFO):
        assert await bench.outcome(after_s=7) == "dead_lettered"
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert {(line["requestId"], line["correlationId"], line["service"]) for line in lines} == {
        ("req-1", "trace-1", "capsule")
    }
    assert [(line["level"], line["message"]) for line in lines] == [
        ("INFO", "group capsule tries rim.fast-path-3@17 again in 1 s, DOWNSTREAM_FAILURE: PLATO is away"),
        ("INFO", "group capsule tries rim.fast-path-3@17 again in 2 s, DOWNSTREAM_FAILURE: PLATO is away"),
        ("INFO", "group capsule tries rim.fast-path-3@17 again in 4 s, DOWNSTREAM_FAILURE: PLATO is away"),
        ("WARNING", "group capsule gave rim.fast-path-3@17 up to the DLQ, DOWNSTREAM_FAILURE: PLATO is away"),
    ]


@pytest.mark.parametrize("name", ["X-Tenant-ID", "x-tenant-id"])
async def test_a_tenant_that_cannot_be_one_is_not_taken_for_the_default(bench: Bench, name: str) -> None:
    task = bench.start(replace(RECORD, headers=((name, b"two words"),)))
    assert await task == "dead_lettered"
    (letter,) = bench.dead_letters.letters
    assert letter.category is FailureCategory.VALIDATION
    assert letter.error_message == ("X-Tenant-ID 'two words' must be 1 to 128 visible ASCII characters without blanks")
    assert bench.deliveries == []


async def test_who_does_not_decode_takes_any_tenant(bench: Bench) -> None:
    assert await bench.start(replace(RECORD, headers=(("X-Tenant-ID", b"two words"),)), decode=False) == "processed"
