"""What passes between Kafka and a service: a record on its way in, what to do with it, and where one went out to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
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

    `handle_many` is for a service that does better with several records of a partition at once: it yields what `handle`
    would have returned, record after record, and raises what `handle` would have raised for the first that it yields
    nothing for. That one is tried again alone, by `handle`; those behind it come again after it.
    """

    group: str
    topics: tuple[str, ...]
    handle: Callable[[Delivery], Awaitable[str | None]]
    decode: bool = True
    handle_many: Callable[[Sequence[Delivery]], AsyncIterator[str | None]] | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Where the broker put a record; `topic` is the logical name."""

    topic: str
    partition: int
    offset: int
