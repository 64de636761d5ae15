"""Snapshots that Kafka may not have yet, so that a crash between storing and publishing loses none."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.contracts.tracing import TraceContext
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.http.exchange import encode_json

__all__ = ["Snapshot", "add_snapshot", "remove_snapshots", "snapshots_of_event", "snapshots_of_posts"]

_SELECT = (
    "SELECT unpublished.seq, body, timestamp_ms, created_ms, trace FROM unpublished JOIN capsules USING (capsule_id)"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Row number, key and record, and the trace to send it with."""

    seq: int
    scope_id: str
    record: dict[str, Any]
    trace: TraceContext


def add_snapshot(
    connection: sqlite3.Connection, capsule: Capsule, trace: TraceContext, *, event_seq: int | None = None
) -> Snapshot:
    """`event_seq` is the consumed record that the capsule was made of; None for a POST."""
    cursor = connection.execute(
        "INSERT INTO unpublished VALUES (NULL, ?, ?, ?)", (capsule.capsule_id, event_seq, encode_json(asdict(trace)))
    )
    return Snapshot(cursor.lastrowid or 0, capsule.scope_id, capsule.to_snapshot(), trace)


def remove_snapshots(connection: sqlite3.Connection, snapshots: Sequence[Snapshot]) -> None:
    connection.executemany("DELETE FROM unpublished WHERE seq = ?", [(each.seq,) for each in snapshots])


def snapshots_of_event(connection: sqlite3.Connection, event_seq: int) -> list[Snapshot]:
    rows = connection.execute(f"{_SELECT} WHERE event_seq = ? ORDER BY unpublished.seq", (event_seq,))
    return [_snapshot(*row) for row in rows]


def snapshots_of_posts(connection: sqlite3.Connection, limit: int) -> list[Snapshot]:
    """Oldest first."""
    rows = connection.execute(f"{_SELECT} WHERE event_seq IS NULL ORDER BY unpublished.seq LIMIT ?", (limit,))
    return [_snapshot(*row) for row in rows]


def _snapshot(seq: int, body: str, timestamp_ms: int, created_ms: int, trace: str) -> Snapshot:
    shown = json.loads(body)
    record = {
        "capsule_id": shown["capsuleId"],
        "scope_id": shown["scopeId"],
        "timestamp": timestamp_ms,
        "resolution": shown["resolution"],
        "vantage_mode": shown["vantageMode"],
        "idempotency_key": shown["idempotencyKey"],
        "created_at": created_ms,
    }
    return Snapshot(seq, shown["scopeId"], record, TraceContext(**json.loads(trace)))
