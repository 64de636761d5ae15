"""How the registry reaches Kafka. The composition root (`sandbox.runtime`) brings the implementation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sandbox.errors import SandboxError

__all__ = ["TOPIC", "LogRecord", "RecordTooLarge", "SchemaLog"]

TOPIC = "_schemas"


class RecordTooLarge(SandboxError):
    """The log takes no record of this size (Kafka: `max.message.bytes`). Nothing was written."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as it stands in the log. `key` is None only for foreign records without one; `value` None is a
    tombstone; `timestamp_ms` is the record's own, in epoch milliseconds."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_ms: int = 0


class SchemaLog(Protocol):
    """The `_schemas` topic as the registry sees it: one partition, compacted, so its order is everybody's order.

    Several registries may write and follow the same log at once. The log promises them only this: every record
    gets one offset, all followers see the records in offset order, and the newest record of a key is never compacted
    away. Who wins a conflict is the registry's business, decided by log order.
    """

    async def start(self) -> None:
        """Connect; make the topic if it is missing (1 partition, `cleanup.policy=compact`, replication as the cluster
        allows).

        Returns within a bounded time. Raises UpstreamUnavailable when Kafka cannot be reached; the registry calls it
        again later, so a failed start must leave nothing open.
        """

    async def stop(self) -> None:
        """Disconnect. Idempotent; also after a failed or missing start. Ends `follow` if it still runs."""

    async def append(self, key: bytes, value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = ()) -> int:
        """Write one record to partition 0 and return its offset once Kafka has it (acks=all, idempotent producer).

        May be called while other appends are under way; the order of such calls in the log is open. It waits at most
        a bounded time (some 5 s, well below the registry's request limit of 30 s). Raises UpstreamUnavailable when
        Kafka did not confirm in that time: the record may or may not turn up in the log. It must not turn up long
        after the error (delivery timeout = the same bound). Raises RecordTooLarge when Kafka refuses its size.
        """

    async def end_offset(self) -> int:
        """The offset that the next record will get (high watermark); 0 for an empty log. Raises UpstreamUnavailable."""

    async def follow(
        self, apply: Callable[[Sequence[LogRecord]], None], replayed: Callable[[], None] | None = None
    ) -> None:
        """Hand every record to `apply`, in offset order and exactly once per offset, from the beginning of the log;
        then go on with new ones as soon as they arrive. Runs until cancelled or `stop`.

        `apply` is synchronous, gets batches (never empty; hand over what one fetch brought, so that thousands of
        records replay quickly) and does not raise. `replayed` is called once, after `apply` has seen every record
        that was below the end offset at the start; at once for an empty log. Beware of offsets that hold no record
        (compaction, transaction markers): compare the consumer's position with the end offset, not the last offset
        applied.

        While Kafka is away it waits and goes on by itself from where it was. It never joins a consumer group and
        commits nothing.
        """
