"""The records of one partition, handled one after the other while the other partitions go their own way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from sandbox.contracts.record import Record

__all__ = ["PartitionWorker"]

YIELD_EVERY = 32


class PartitionWorker:
    """A bounded backlog and one task that works it off in offset order.

    `on_handled` is told the offset to commit: the one after the last record that is done with. `is_full` says when no
    more should be fetched; `on_room` is called once when there is room again.
    """

    def __init__(
        self,
        handle: Callable[[Record], Awaitable[object]],
        on_handled: Callable[[int], None],
        on_room: Callable[[], None],
        *,
        limit_records: int = 1_000,
        limit_bytes: int = 4 * 1024 * 1024,
    ) -> None:
        self._handle = handle
        self._on_handled = on_handled
        self._on_room = on_room
        self._limit_records = limit_records
        self._limit_bytes = limit_bytes
        self._backlog: deque[Record] = deque()
        self._backlog_bytes = 0
        self._wake = asyncio.Event()
        self._stopping = False
        self._busy = False
        self._full = False

    @property
    def is_full(self) -> bool:
        return len(self._backlog) >= self._limit_records or self._backlog_bytes >= self._limit_bytes

    @property
    def is_idle(self) -> bool:
        return not self._busy and not self._backlog

    def feed(self, records: Sequence[Record]) -> None:
        """Add fetched records, which continue where the last ones ended."""
        self._backlog.extend(records)
        self._backlog_bytes += sum(map(_size, records))
        self._full = self._full or self.is_full
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled, or until the record under way at `finish` is done with."""
        done = 0
        while not self._stopping:
            if not self._backlog:
                self._wake.clear()
                await self._wake.wait()
                continue
            record = self._backlog.popleft()
            self._backlog_bytes -= _size(record)
            self._busy = True
            try:
                await self._handle(record)
            finally:
                self._busy = False
            self._on_handled(record.offset + 1)
            if self._full and len(self._backlog) <= self._limit_records // 2 and not self.is_full:
                self._full = False
                self._on_room()
            done += 1
            if done % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    def finish(self) -> None:
        """Take no further record; `run` returns after the one under way."""
        self._stopping = True
        self._wake.set()


def _size(record: Record) -> int:
    return len(record.value or b"") + len(record.key or b"")
