"""The records of a topic that are in sight: the last of them, within a limit, in the order in which they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from sandbox.control.models import TailedRecord

__all__ = ["RecordBuffer", "RecordRow"]


DECODED = 128
"""Records that are kept decoded: about those in sight."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """The record is kept as its JSON: a thousand decoded ones are some forty thousand objects, which the garbage
    collector looks through again and again, and of which hardly any is ever drawn."""

    partition: int
    offset: int
    text: bytes

    @classmethod
    def of(cls, record: TailedRecord) -> RecordRow:
        # Of plain values: a model's own JSON has null for a NaN.
        return cls(record.partition, record.offset, to_json(record.model_dump(), inf_nan_mode="constants"))

    @property
    def place(self) -> tuple[int, int]:
        return self.partition, self.offset

    @property
    def told(self) -> dict[str, Any]:
        """The record as the control API shows it. Not to be changed."""
        return _decoded(self.text)


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
            self._rows.append(RecordRow.of(record))
            self._places.add(place)

    @property
    def rows(self) -> tuple[RecordRow, ...]:
        return tuple(self._rows)


@lru_cache(maxsize=DECODED)
def _decoded(text: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = from_json(text, cache_strings="keys")
    return decoded
