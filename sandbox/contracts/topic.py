"""A topic as the contracts describe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.contracts.names import DLQ_SUFFIX

__all__ = ["DAY_MS", "Topic"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """`key` says in words what the record key is; `schema` is the record's name, for Avro topics. `written_by` names
    services that are not ours, `read_by` the consumer group of each such service that reads."""

    name: str
    key: str
    format: Literal["avro", "json"]
    partitions: int
    retention_ms: int
    schema: str | None = None
    written_by: tuple[str, ...] = ()
    read_by: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_dead_letters(self) -> bool:
        return self.name.endswith(DLQ_SUFFIX)
