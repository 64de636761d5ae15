import base64
import json

import pytest

from sandbox.contracts.dead_letter import DeadLetter, FailureCategory, RetryPolicy
from sandbox.contracts.record import Record

RECORD = Record(
    topic="perception.events", partition=2, offset=41, timestamp_ms=1733220000000, key=b"rim:entity:finance:EURUSD",
    value=b"\xff\x00not avro", headers=(("X-Request-ID", b"req-1"),),
)  # fmt: skip


def letter(**changes: object) -> DeadLetter:
    values = {
        "id": "5f0c0a52-0000-4000-8000-000000000000", "record": RECORD, "category": FailureCategory.DESERIALIZATION,
        "error_type": "FramingError", "error_message": "magic byte is 0xff", "stack_trace": "x" * 5000,
        "consumer_group": "capsule", "source_service": "capsule", "retry_count": 0, "dlq_timestamp_ms": 1733220001000,
    }  # fmt: skip
    return DeadLetter(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.spec("DLQ-HAS-ERROR", "DLQ-HAS-RETRY-COUNT")
def test_the_members_stand_in_the_platforms_order_and_nulls_are_written() -> None:
    body = json.loads(letter().encode())
    assert list(body)[:18] == [
        "id", "originalTopic", "partition", "offset", "key", "payload", "headers", "originalTimestamp", "dlqTimestamp",
        "errorType", "errorMessage", "stackTrace", "consumerGroupId", "sourceService", "retryCount",
        "lastRetryTimestamp", "status", "failureCategory",
    ]  # fmt: skip
    assert body["lastRetryTimestamp"] is None and body["status"] == "PENDING" and len(body["stackTrace"]) == 4000


@pytest.mark.spec("DLQ-HAS-ORIGINAL")
def test_an_exact_replay_finds_every_byte() -> None:
    body = json.loads(letter().encode())
    assert base64.b64decode(body["originalValueBase64"]) == RECORD.value
    assert base64.b64decode(body["originalKeyBase64"]) == RECORD.key
    assert body["originalHeadersBase64"] == [["X-Request-ID", base64.b64encode(b"req-1").decode()]]


@pytest.mark.spec("DLQ-HAS-TIMESTAMP")
def test_the_headers_name_the_failure() -> None:
    assert dict(letter().headers()) == {
        "dlq-id": b"5f0c0a52-0000-4000-8000-000000000000", "dlq-original-topic": b"perception.events",
        "dlq-error-type": b"FramingError", "dlq-failure-category": b"DESERIALIZATION",
        "dlq-timestamp": b"2024-12-03T10:00:01Z", "dlq-source-service": b"capsule",
    }  # fmt: skip


@pytest.mark.spec("RETRY-BACKOFF", "RETRY-COUNT", "RETRY-MAX-DELAY")
def test_the_retry_policy_is_three_retries_up_to_thirty_seconds() -> None:
    policy = RetryPolicy()
    assert policy.retries == 3
    assert [policy.wait_s(retry) for retry in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("category", "retried", "automatic"),
    [("DESERIALIZATION", False, False), ("VALIDATION", False, False), ("DOWNSTREAM_FAILURE", True, True),
     ("PERSISTENCE", True, True), ("UNKNOWN", True, False)],
)  # fmt: skip
def test_the_category_decides_what_happens(category: str, retried: bool, automatic: bool) -> None:
    found = FailureCategory(category)
    assert (found.retried, found.replayed_automatically) == (retried, automatic)
