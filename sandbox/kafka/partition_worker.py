"""The records of one partition, handled in their order while the other partitions go their own way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from itertools import islice

from sandbox.contracts.record import Record
from sandbox.kafka.turnstile import Turnstile

__all__ = ["HandleRun", "PartitionWorker"]

RUN_RECORDS = 64
"""Handled at once at most: enough to share a transaction and a request, few enough not to hold up the event loop."""

HandleRun = Callable[[Sequence[Record]], AsyncGenerator[Record, None]]
"""Handles records in their order; yields a record when it and all before it are done with."""


class PartitionWorker:
    """A bounded backlog and one task that works it off in offset order, in runs of what is there.

    `on_handled` is told the offset to commit: the one after the last record that is done with. `is_full` says when no
    more should be fetched; `on_room` is called once when there is room again. A record counts until it is done with.
    """

    def __init__(
        self,
        handle: HandleRun,
        on_handled: Callable[[int], None],
        on_room: Callable[[], None],
        *,
        turnstile: Turnstile | None = None,
        limit_records: int = 1_000,
        limit_bytes: int = 4 * 1024 * 1024,
    ) -> None:
        self._handle = handle
        self._on_handled = on_handled
        self._on_room = on_room
        self._turnstile = turnstile or Turnstile()
        self._limit_records = limit_records
        self._limit_bytes = limit_bytes
        self._backlog: deque[Record] = deque()
        self._backlog_bytes = 0
        self._wake = asyncio.Event()
        self._stopping = False
        self._full = False

    @property
    def is_full(self) -> bool:
        return len(self._backlog) >= self._limit_records or self._backlog_bytes >= self._limit_bytes

    @property
    def is_idle(self) -> bool:
        return not self._backlog

    def feed(self, records: Sequence[Record]) -> None:
        """Add fetched records, which continue where the last ones ended."""
        self._backlog.extend(records)
        self._backlog_bytes += sum(map(_size, records))
        self._full = self._full or self.is_full
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled, or until what is under way at `finish` is done with."""
        while not self._stopping:
            if not self._backlog:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._turnstile.enter()
            async with aclosing(self._handle(list(islice(self._backlog, RUN_RECORDS)))) as handled:
                async for record in handled:
                    self._forget(record)
                    if self._stopping:
                        break

    def finish(self) -> None:
        """Begin nothing further; `run` returns after what is under way."""
        self._stopping = True
        self._wake.set()

    def _forget(self, last: Record) -> None:
        """`last` and all before it are done with."""
        while True:
            record = self._backlog.popleft()
            self._backlog_bytes -= _size(record)
            if record is last:
                break
        self._on_handled(last.offset + 1)
        if self._full and len(self._backlog) <= self._limit_records // 2 and not self.is_full:
            self._full = False
            self._on_room()


def _size(record: Record) -> int:
    return len(record.value or b"") + len(record.key or b"")
