"""Dead letters read back: the original byte for byte, whoever wrote them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox.contracts.dead_letter import DeadLetter, FailureCategory
from sandbox.contracts.record import Record
from sandbox.kafka.dlq_letter import FiledLetter

ORIGINAL = Record(
    topic="perception.events",
    partition=2,
    offset=41,
    timestamp_ms=1_733_220_000_000,
    key=b"\xffkey",
    value=b"\x00\x00\xfe not text",
    headers=(
        ("X-Request-ID", b"req-1"),
        ("X-Tenant-ID", b"acme"),
        ("twice", b"\x80"),
        ("twice", b""),
        ("null", None),  # type: ignore[arg-type]
    ),
)
LETTER = DeadLetter(
    id="d-1",
    record=ORIGINAL,
    category=FailureCategory.DOWNSTREAM_FAILURE,
    error_type="DownstreamFailed",
    error_message="PLATO is away",
    stack_trace="…",
    consumer_group="capsule",
    source_service="capsule",
    retry_count=3,
    dlq_timestamp_ms=1_733_220_001_500,
)


def filed(value: bytes | None, headers: tuple[tuple[str, bytes], ...] = (), key: bytes | None = b"k") -> FiledLetter:
    return FiledLetter.of(
        Record(
            topic="perception.events.dlq", partition=1, offset=7, timestamp_ms=5, key=key, value=value, headers=headers
        )
    )


def written(**changes: Any) -> FiledLetter:
    return filed(replace(LETTER, **changes).encode(), tuple(LETTER.headers()))


def test_the_original_comes_back_byte_for_byte() -> None:
    letter = written()
    assert letter.original == ORIGINAL
    assert (letter.is_exact, letter.problem) == (True, None)


def test_what_failed_is_known() -> None:
    letter = written()
    assert (letter.id, letter.category, letter.group, letter.service) == (
        "d-1",
        "DOWNSTREAM_FAILURE",
        "capsule",
        "capsule",
    )
    assert (letter.error_type, letter.error_message, letter.retries) == ("DownstreamFailed", "PLATO is away", 3)
    assert (letter.written_ms, letter.tenant, letter.trace.request_id) == (1_733_220_001_500, "acme", "req-1")
    assert (letter.replays, letter.replay_id, letter.status) == (0, None, "PENDING")


def test_a_replay_adds_its_two_headers_and_replaces_those_of_the_last_one() -> None:
    letter = written()
    first = letter.replayed_headers("r-1", letter.replays + 1)
    assert first == [*ORIGINAL.headers, ("dlq-replay-id", b"r-1"), ("dlq-retry-count", b"1")]
    again = written(record=replace(ORIGINAL, headers=tuple(first)))
    assert (again.replays, again.replay_id) == (1, "r-1")
    second = again.replayed_headers("r-2", again.replays + 1)
    assert second == [*ORIGINAL.headers, ("dlq-replay-id", b"r-2"), ("dlq-retry-count", b"2")]


@pytest.mark.parametrize("count", [b"many", b"-1", b"9" * 40, "٣".encode(), b""])
def test_a_retry_count_that_is_none_counts_as_none(count: bytes) -> None:
    assert written(record=replace(ORIGINAL, headers=(("dlq-retry-count", count),))).replays == 0


def test_a_tombstone_is_replayed_as_one() -> None:
    letter = written(record=replace(ORIGINAL, value=None))
    assert (letter.original.value, letter.problem) == (None, None)


def test_a_payload_that_was_left_out_cannot_be_replayed() -> None:
    letter = written(record=replace(ORIGINAL, value=None), omitted_bytes=9_000)
    assert letter.problem is not None and "9000 bytes" in letter.problem


def test_a_letter_of_another_service_gives_its_original_as_text() -> None:
    body = {"id": "d-2", "originalTopic": "rim.fast-path", "partition": 3, "offset": 9, "key": "rim:a:b:c"}
    body |= {
        "payload": '{"a":1}',
        "headers": {"X-Request-ID": "req-9", "dlq-retry-count": "2"},
        "failureCategory": "NEW",
    }
    letter = filed(json.dumps(body).encode())
    original = letter.original
    assert (original.topic, original.partition, original.offset) == ("rim.fast-path", 3, 9)
    assert (original.key, original.value) == (b"rim:a:b:c", b'{"a":1}')
    assert original.headers == (("X-Request-ID", b"req-9"), ("dlq-retry-count", b"2"))
    assert (letter.is_exact, letter.problem, letter.replays, letter.category) == (False, None, 2, "UNKNOWN")


def test_a_payload_that_is_json_itself_is_written_out() -> None:
    assert filed(b'{"payload": {"a": [1]}}').original.value == b'{"a":[1]}'


@pytest.mark.parametrize("value", [None, b"", b"\xff\x00", b"[1]", b"null", b'"text"'])
def test_what_is_no_letter_is_kept_and_named(value: bytes | None) -> None:
    letter = filed(value)
    assert letter.problem is not None and "no dead letter" in letter.problem
    assert letter.original.topic == "perception.events"
    assert letter.id == filed(value).id, "the same each time it is read"


def test_broken_base64_is_a_problem_and_no_error() -> None:
    letter = filed(b'{"id": "d", "originalKeyBase64": "*", "originalValueBase64": "", "originalHeadersBase64": []}')
    assert letter.problem is not None and "base64" in letter.problem
    letter = filed(b'{"id": "d", "originalKeyBase64": 5, "originalValueBase64": "", "originalHeadersBase64": [[1]]}')
    assert letter.problem is not None


def test_headers_stand_in_for_members_that_are_missing() -> None:
    headers = (("dlq-id", b"d-5"), ("dlq-original-topic", b"a.b"), ("dlq-failure-category", b"VALIDATION"))
    letter = filed(b'{"payload": "x"}', headers)
    assert (letter.id, letter.original.topic, letter.category) == ("d-5", "a.b", "VALIDATION")


@pytest.mark.parametrize("body", [{"partition": "2", "offset": True, "dlqTimestamp": "soon", "retryCount": 1e400}])
def test_members_of_a_wrong_kind_are_as_if_absent(body: dict[str, Any]) -> None:
    letter = filed(json.dumps({**body, "payload": "x"}).encode())
    assert (letter.original.partition, letter.original.offset, letter.written_ms, letter.retries) == (-1, -1, 5, 0)


def test_half_a_surrogate_pair_does_no_harm() -> None:
    letter = filed(rb'{"id": "\ud800", "payload": "\ud800", "key": "\udfff", "headers": {"\ud800": "\ud800"}}')
    original = letter.original
    assert (letter.id, original.key, original.value, original.headers) == ("?", b"?", b"?", (("?", b"?"),))


@pytest.mark.parametrize(("status", "found"), [("DEAD", "DEAD"), ("RETRYING", "PENDING"), (7, "PENDING")])
def test_only_a_final_status_is_taken_over(status: object, found: str) -> None:
    assert filed(json.dumps({"payload": "x", "status": status}).encode()).status == found
