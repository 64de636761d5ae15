"""The record on `{topic}.dlq` (seed: Dead Letter Queue Pattern): original message, error, retry count, timestamp."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError

__all__ = ["DeadLetter", "DlqStatus", "FailureCategory", "RecordFailure", "RetryPolicy"]

STACK_LIMIT_CHARS = 4_000


class FailureCategory(StrEnum):
    DESERIALIZATION = "DESERIALIZATION"
    VALIDATION = "VALIDATION"
    DOWNSTREAM_FAILURE = "DOWNSTREAM_FAILURE"
    PERSISTENCE = "PERSISTENCE"
    UNKNOWN = "UNKNOWN"

    @property
    def retried(self) -> bool:
        """Whether trying again can help: bad bytes and bad values go to the DLQ at once."""
        return self not in (FailureCategory.DESERIALIZATION, FailureCategory.VALIDATION)

    @property
    def replayed_automatically(self) -> bool:
        return self in (FailureCategory.DOWNSTREAM_FAILURE, FailureCategory.PERSISTENCE)


class DlqStatus(StrEnum):
    PENDING = "PENDING"
    RETRYING = "RETRYING"
    RESOLVED = "RESOLVED"
    DEAD = "DEAD"
    SKIPPED = "SKIPPED"


class RecordFailure(SandboxError):
    """A consumer could not handle a record; the category decides between retry and dead letter."""

    def __init__(self, category: FailureCategory, message: str) -> None:
        super().__init__(message)
        self.category = category


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """3 retries (4 attempts), waits 1, 2, 4 s: exponential, at most 30 s (seed: Retry Policy)."""

    retries: int = 3
    first_wait_s: float = 1.0
    multiplier: float = 2.0
    max_wait_s: float = 30.0

    def wait_s(self, retry: int) -> float:
        """Seconds before retry number `retry`, which counts from 1."""
        return min(self.first_wait_s * self.multiplier ** (retry - 1), self.max_wait_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One record that a consumer group gave up on. Field order is the order on the wire; nulls are written."""

    id: str
    record: Record
    category: FailureCategory
    error_type: str
    error_message: str
    stack_trace: str
    consumer_group: str
    source_service: str
    retry_count: int
    dlq_timestamp_ms: int
    last_retry_ms: int | None = None
    status: DlqStatus = DlqStatus.PENDING
    omitted_bytes: int | None = None
    """Size of a payload that was too large for the DLQ topic and is left out; such a letter cannot be replayed."""
    trace: TraceContext | None = None
    """The work that gave the record up: the ids of a DLQ record whose original carried none."""

    def to_json(self) -> dict[str, Any]:
        record = self.record
        return {
            "id": self.id,
            "originalTopic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": _text(record.key),
            "payload": _text(record.value),
            "headers": {name: _text(value) for name, value in record.headers},
            "originalTimestamp": format_instant(record.timestamp_ms),
            "dlqTimestamp": format_instant(self.dlq_timestamp_ms),
            "errorType": self.error_type,
            "errorMessage": self.error_message,
            "stackTrace": self.stack_trace[:STACK_LIMIT_CHARS],
            "consumerGroupId": self.consumer_group,
            "sourceService": self.source_service,
            "retryCount": self.retry_count,
            "lastRetryTimestamp": None if self.last_retry_ms is None else format_instant(self.last_retry_ms),
            "status": self.status.value,
            "failureCategory": self.category.value,
            "originalKeyBase64": _base64(record.key),
            "originalValueBase64": _base64(record.value),
            "originalHeadersBase64": [[name, _base64(value)] for name, value in record.headers],
            "omittedBytes": self.omitted_bytes,
        }

    def encode(self) -> bytes:
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode()

    def headers(self) -> list[tuple[str, bytes]]:
        """The headers of the record on the DLQ topic, without the original ones."""
        named = {
            "dlq-id": self.id,
            "dlq-original-topic": self.record.topic,
            "dlq-error-type": self.error_type,
            "dlq-failure-category": self.category.value,
            "dlq-timestamp": format_instant(self.dlq_timestamp_ms),
            "dlq-source-service": self.source_service,
        }
        return [(name, value.encode()) for name, value in named.items()]


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", errors="replace")


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
