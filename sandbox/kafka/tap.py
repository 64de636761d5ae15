"""Watching topics: each record with its decoded value, or with the reason why it has none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sandbox.contracts.framing import schema_id_of
from sandbox.contracts.instants import format_instant
from sandbox.contracts.record import Record
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.reader import From, LogReader
from sandbox.kafka.values import TopicValues, View

__all__ = ["From", "Tap", "TappedRecord", "plain"]

HEX_LIMIT_BYTES = 256


@dataclass(frozen=True, slots=True)
class TappedRecord:
    """A record and how its value looks."""

    record: Record
    view: View

    @property
    def value(self) -> Any:
        """The decoded value; None when there is none, or when `reason` says why it cannot be decoded."""
        return self.view.value

    @property
    def reason(self) -> str | None:
        return self.view.reason

    def to_json(self) -> dict[str, Any]:
        """For people and programs: text where it is text, hex where it is not, at most 256 bytes of it."""
        record = self.record
        shown: dict[str, Any] = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": format_instant(record.timestamp_ms),
            "timestampMs": record.timestamp_ms,
            "key": _text(record.key),
            "headers": {name: _text(value) for name, value in record.headers},
            "format": self.view.format,
            "value": plain(self.view.value),
            "sizeBytes": len(record.value or b""),
        }
        if (schema_id := schema_id_of(record.value)) is not None and self.view.format == "avro":
            shown["schemaId"] = schema_id
        if self.view.reason is not None:
            shown["reason"] = self.view.reason
        if self.view.format == "binary" or self.view.reason is not None:
            shown["hex"] = (record.value or b"")[:HEX_LIMIT_BYTES].hex()
        return shown


class Tap:
    """Reads `topics` from where `begin` says (default: their end), decoded, until stopped.

    Once `start` has returned, everything published after it will be seen: no race between watching and publishing.
    """

    def __init__(
        self,
        cluster: Cluster,
        topics: Sequence[str],
        values: TopicValues,
        *,
        begin: From | None = None,
        partition: int | None = None,
    ) -> None:
        self._values = values
        self._reader = LogReader(
            cluster, topics, begin=begin or From(end=True), partition=partition, client_id="sandbox-tap"
        )

    async def __aenter__(self) -> Tap:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, limit_s: float = 10.0) -> None:
        """Fix the positions. Raises UnknownName for a missing topic or partition, KafkaUnavailable."""
        await self._reader.start(limit_s)

    async def stop(self) -> None:
        await self._reader.stop()

    async def poll(self, wait_s: float = 1.0) -> list[TappedRecord]:
        """What has come since the last call, waiting up to `wait_s` for the first; empty when nothing did."""
        return [await self._tapped(record) for record in await self._reader.poll(wait_s)]

    async def read_to_end(self) -> list[TappedRecord]:
        """Everything up to where the topics ended at `start`, and whatever came with it."""
        seen: list[TappedRecord] = []
        while not await self._reader.caught_up():
            seen += await self.poll(0.5)
        return seen

    async def __aiter__(self) -> AsyncIterator[TappedRecord]:
        while True:
            for each in await self.poll():
                yield each

    async def _tapped(self, record: Record) -> TappedRecord:
        return TappedRecord(record, await self._values.view(record.topic, record.value))


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", errors="backslashreplace")


def plain(value: Any) -> Any:
    """The value as JSON can carry it: bytes as Avro's JSON encoding has them, NaN and the infinities as words."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value
