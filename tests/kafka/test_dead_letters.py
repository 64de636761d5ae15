"""A dead letter reaches its topic whatever stands in the way, in exactly the contract's form."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.dead_letter import DeadLetter, FailureCategory
from sandbox.contracts.delivery import Published
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError, UnknownName, UpstreamUnavailable, UsageError
from sandbox.kafka.cluster import KafkaUnavailable
from sandbox.kafka.dead_letters import DeadLetterWriter

RECORD = Record(
    topic="perception.events",
    partition=1,
    offset=5,
    timestamp_ms=1_733_220_000_000,
    key=b"\xffkey",
    value=b"\x00poison",
    headers=(("X-Request-ID", b"req-1"), ("dlq-id", b"of an earlier life"), ("raw", b"\xfe")),
)
LETTER = DeadLetter(
    id="11111111-1111-1111-1111-111111111111",
    record=RECORD,
    category=FailureCategory.DESERIALIZATION,
    error_type="FramingError",
    error_message="bad",
    stack_trace="trace",
    consumer_group="capsule",
    source_service="capsule",
    retry_count=0,
    dlq_timestamp_ms=1_733_220_001_000,
)


class Publisher:
    """Raises the errors it is given, one a call, then publishes."""

    def __init__(self, *errors: SandboxError) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.made: list[str] = []
        self.traces: list[TraceContext | None] = []
        self.cannot_make: list[SandboxError] = []
        self.published: list[tuple[str, bytes | None, dict[str, Any], list[tuple[str, bytes]]]] = []

    async def publish_raw(self, topic: str, *, key: Any, value: Any, headers: Any, trace: Any) -> Published:
        self.calls += 1
        self.traces.append(trace)
        if self.errors:
            raise self.errors.pop(0)
        self.published.append((topic, key, json.loads(value), headers))
        return Published(topic, 0, 0)

    async def make_dead_letter_topic(self, topic: str) -> None:
        if self.cannot_make:
            raise self.cannot_make.pop(0)
        self.made.append(topic)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.mark.spec("DLQ-HAS-ORIGINAL", "DLQ-HAS-TIMESTAMP", "DLQ-TOPIC")
async def test_the_letter_has_the_original_key_and_both_kinds_of_headers(clock: ManualClock) -> None:
    publisher = Publisher()
    await DeadLetterWriter(publisher, clock).write(LETTER)
    ((topic, key, value, headers),) = publisher.published
    assert (topic, key) == ("perception.events.dlq", b"\xffkey")
    assert headers == [
        ("dlq-id", b"11111111-1111-1111-1111-111111111111"),
        ("dlq-original-topic", b"perception.events"),
        ("dlq-error-type", b"FramingError"),
        ("dlq-failure-category", b"DESERIALIZATION"),
        ("dlq-timestamp", b"2024-12-03T10:00:01Z"),
        ("dlq-source-service", b"capsule"),
        ("X-Request-ID", b"req-1"),
        ("raw", b"\xfe"),
    ]
    assert base64.b64decode(value["originalValueBase64"]) == RECORD.value
    assert [(name, base64.b64decode(text)) for name, text in value["originalHeadersBase64"]] == list(RECORD.headers)


async def test_a_record_that_came_without_ids_goes_on_with_those_of_the_work_that_gave_it_up(
    clock: ManualClock,
) -> None:
    publisher, trace = Publisher(), TraceContext("req-2", "trace-2", "a" * 32, "b" * 16)
    await DeadLetterWriter(publisher, clock).write(replace(LETTER, trace=trace))
    assert publisher.traces == [trace]
    ((_, _, value, headers),) = publisher.published
    assert ("X-Request-ID", b"req-1") in headers, "the original's own stay"
    assert "trace" not in value


@pytest.mark.parametrize(
    "error", [KafkaUnavailable("away"), UpstreamUnavailable("no permission")], ids=["away", "refused"]
)
async def test_it_tries_until_the_broker_has_the_letter(clock: ManualClock, error: SandboxError) -> None:
    publisher = Publisher(*[error] * 30)
    task = asyncio.ensure_future(DeadLetterWriter(publisher, clock).write(LETTER))
    await clock.advance(29.5)
    assert not task.done()
    await clock.advance(1)
    await task
    assert publisher.calls == 31


async def test_a_missing_dlq_topic_is_made_however_often_it_takes(clock: ManualClock) -> None:
    publisher = Publisher(UnknownName("there is no topic"), UnknownName("there is no topic"))
    publisher.cannot_make = [KafkaUnavailable("away")]
    task = asyncio.ensure_future(DeadLetterWriter(publisher, clock).write(LETTER))
    await clock.advance(2)
    await task
    assert publisher.made == ["perception.events.dlq"]
    assert publisher.published[0][2]["payload"] is not None


async def test_a_payload_that_no_dlq_takes_is_left_out_and_said_so(clock: ManualClock) -> None:
    publisher = Publisher(UsageError("the record is larger than the topic takes"))
    task = asyncio.ensure_future(DeadLetterWriter(publisher, clock).write(LETTER))
    await clock.advance(1)
    await task
    value = publisher.published[0][2]
    assert value["payload"] is None
    assert value["originalValueBase64"] is None
    assert value["errorMessage"].startswith("bad [the payload of 7 bytes is left out")
    assert (value["partition"], value["offset"]) == (1, 5)


async def test_a_dead_letter_of_a_dlq_topic_stays_on_it(clock: ManualClock) -> None:
    publisher = Publisher()
    letter = replace(LETTER, record=replace(RECORD, topic="perception.events.dlq"))
    await DeadLetterWriter(publisher, clock).write(letter)
    assert publisher.published[0][0] == "perception.events.dlq"
