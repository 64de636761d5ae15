"""What passes between Kafka and a service: a record on its way in, what to do with it, and where one went out to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext

__all__ = ["Delivery", "Published", "Subscription"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record on its way into a service. `value` is the decoded Avro record (or JSON), None if not `decode`d."""

    record: Record
    value: dict[str, Any] | None
    trace: TraceContext
    group: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Subscription:
    """A consumer group and what to do with each record, in order per partition.

    `handle` returns when the record is done with. It raises `RecordFailure` with a category; anything else is UNKNOWN.
    It returns "duplicate" or "skipped" when it knew the record already or has no use for it.
    """

    group: str
    topics: tuple[str, ...]
    handle: Callable[[Delivery], Awaitable[str | None]]
    decode: bool = True


@dataclass(frozen=True, slots=True)
class Published:
    """Where the broker put a record; `topic` is the logical name."""

    topic: str
    partition: int
    offset: int
