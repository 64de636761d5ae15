"""A `SchemaLog` without Kafka, for tests and measurements: several registries may share one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sandbox.errors import UpstreamUnavailable
from sandbox.registry.ports import LogRecord, RecordTooLarge

__all__ = ["MemoryLog"]


class MemoryLog:
    """Keeps records in a list. `available` False plays a Kafka that is away; `compact` does what Kafka may do."""

    def __init__(self, *, limit_bytes: int = 1_048_000, now_ms: Callable[[], int] = lambda: 0) -> None:
        self.records: list[LogRecord] = []
        self.available = True
        self.limit_bytes = limit_bytes
        self._next_offset = 0
        self._now_ms = now_ms
        self._arrived = asyncio.Event()

    async def start(self) -> None:
        self._check()

    async def stop(self) -> None:
        """Nothing to close: other registries may still use the log."""

    async def append(self, key: bytes, value: bytes | None, *, headers: Sequence[tuple[str, bytes]] = ()) -> int:
        await asyncio.sleep(0)
        self._check()
        if value is not None and len(key) + len(value) > self.limit_bytes:
            raise RecordTooLarge(f"{len(value)} bytes are more than the log takes ({self.limit_bytes})")
        offset = self._next_offset
        self._next_offset += 1
        self.records.append(LogRecord(offset, key, value, tuple(headers), self._now_ms()))
        self._wake()
        return offset

    async def end_offset(self) -> int:
        self._check()
        return self._next_offset

    async def follow(
        self, apply: Callable[[Sequence[LogRecord]], None], replayed: Callable[[], None] | None = None
    ) -> None:
        position = 0
        while True:
            arrived = self._arrived
            batch = [record for record in self.records if record.offset >= position] if self.available else []
            if batch:
                apply(batch)
                position = batch[-1].offset + 1
            if replayed is not None and self.available:
                replayed()
                replayed = None
            await arrived.wait()

    def set_available(self, available: bool) -> None:
        self.available = available
        self._wake()

    def compact(self) -> None:
        """Keep only the newest record of each key."""
        newest = {record.key: record for record in self.records}
        self.records = sorted(newest.values(), key=lambda record: record.offset)

    def _check(self) -> None:
        if not self.available:
            raise UpstreamUnavailable("Kafka is away")

    def _wake(self) -> None:
        self._arrived.set()
        self._arrived = asyncio.Event()
