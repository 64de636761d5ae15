"""A Kafka record as the sandbox passes it around: raw bytes and where they stood."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`topic` is the logical name; `timestamp_ms` is epoch milliseconds as the broker keeps it."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def position(self) -> str:
        """`topic-partition@offset`, the way logs and facts name a record."""
        return f"{self.topic}-{self.partition}@{self.offset}"
