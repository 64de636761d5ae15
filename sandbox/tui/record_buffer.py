"""The records of a topic that are in sight: the last of them, within a limit, in the order in which they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.control.models import TailedRecord

__all__ = ["RecordBuffer", "RecordRow"]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """`told` is the record as the control API shows it."""

    partition: int
    offset: int
    told: dict[str, Any]

    @property
    def place(self) -> tuple[int, int]:
        return self.partition, self.offset


class RecordBuffer:
    """`skipped` and `looked_at` add up what the looks say of themselves."""

    def __init__(self, limit: int = 1_000) -> None:
        self._rows: deque[RecordRow] = deque(maxlen=limit)
        self._places: set[tuple[int, int]] = set()
        self.skipped = 0
        self.looked_at = 0

    def clear(self) -> None:
        self._rows.clear()
        self._places.clear()
        self.skipped = self.looked_at = 0

    def add(self, records: Iterable[TailedRecord]) -> None:
        """A record that is there already is not put in twice."""
        for record in records:
            place = (record.partition, record.offset)
            if place in self._places:
                continue
            if len(self._rows) == self._rows.maxlen:
                self._places.discard(self._rows[0].place)
            self._rows.append(RecordRow(record.partition, record.offset, record.model_dump()))
            self._places.add(place)

    @property
    def rows(self) -> tuple[RecordRow, ...]:
        return tuple(self._rows)
