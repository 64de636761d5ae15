"""Every record that was seen since the scenario began, by topic, within a byte limit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator

from sandbox.errors import SandboxError
from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.model.selection import Observed
from sandbox.scenarios.ports import Seen

__all__ = ["RecordLog", "observed"]

_OVERHEAD_BYTES = 1_000


class RecordLog:
    """Records are numbered per topic from 0. When the limit is reached the oldest of all go first, and are counted."""

    def __init__(self, limit_bytes: int = 32 * 1024 * 1024) -> None:
        self._limit_bytes = limit_bytes
        self._kept_bytes = 0
        self._topics: dict[str, deque[Seen]] = {}
        self._first: dict[str, int] = {}
        self._order: deque[str] = deque()
        self._news = asyncio.Event()
        self._broken: SandboxError | None = None

    def add(self, seen: Seen) -> None:
        topic = seen.record.topic
        self._topics.setdefault(topic, deque()).append(seen)
        self._order.append(topic)
        self._kept_bytes += _size_bytes(seen)
        while self._kept_bytes > self._limit_bytes:
            oldest = self._order.popleft()
            self._kept_bytes -= _size_bytes(self._topics[oldest].popleft())
            self._first[oldest] = self.first(oldest) + 1
        self._news.set()

    def fail(self, error: SandboxError) -> None:
        """No more records come, because of this."""
        self._broken = error
        self._news.set()

    def first(self, topic: str) -> int:
        """The number of the oldest record kept, which is how many are gone."""
        return self._first.get(topic, 0)

    def end(self, topic: str) -> int:
        """The number of the next record."""
        return self.first(topic) + len(self._topics.get(topic, ()))

    def since(self, topic: str, number: int) -> Iterator[Seen]:
        """The records from `number` on, as far as they are kept."""
        kept = self._topics.get(topic, ())
        return (kept[place] for place in range(max(0, number - self.first(topic)), len(kept)))

    def last(self, topic: str, count: int) -> list[Seen]:
        """The newest records, newest first."""
        kept = self._topics.get(topic, ())
        return [kept[place] for place in range(len(kept) - 1, max(-1, len(kept) - 1 - count), -1)]

    async def more(self, topic: str, number: int) -> None:
        """Wait until the topic has a record with this number. Raises what ended the watching."""
        while self.end(topic) <= number:
            if self._broken is not None:
                raise self._broken
            self._news.clear()
            await self._news.wait()


def observed(seen: Seen) -> Observed:
    """A record as predicates and captures look at it."""
    record = seen.record
    headers = {name: value.decode(errors="replace") for name, value in record.headers if value is not None}
    parts = {
        "key": MISSING if record.key is None else record.key.decode(errors="replace"),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp_ms,
    }
    return Observed(document=seen.value, headers=headers, parts=parts)


def _size_bytes(seen: Seen) -> int:
    return _OVERHEAD_BYTES + 4 * len(seen.record.value or b"")
