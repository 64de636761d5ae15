"""Snapshots of POSTed capsules that Kafka may not have yet, so that neither an outage nor a crash loses one."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.contracts.tracing import TraceContext
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.http.exchange import encode_json

__all__ = ["Snapshot", "add_snapshot", "remove_snapshot", "waiting_snapshots"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Row number, record, and the trace to send it with."""

    seq: int
    record: dict[str, Any]
    trace: TraceContext


def add_snapshot(connection: sqlite3.Connection, capsule: Capsule, trace: TraceContext) -> None:
    row = (capsule.capsule_id, encode_json(asdict(trace)))
    connection.execute("INSERT INTO unpublished VALUES (NULL, ?, ?)", row)


def remove_snapshot(connection: sqlite3.Connection, capsule_id: str) -> None:
    connection.execute("DELETE FROM unpublished WHERE capsule_id = ?", (capsule_id,))


def waiting_snapshots(connection: sqlite3.Connection, limit: int) -> list[Snapshot]:
    """Oldest first."""
    rows = connection.execute(
        "SELECT unpublished.seq, body, timestamp_ms, created_ms, trace"
        " FROM unpublished JOIN capsules USING (capsule_id) ORDER BY unpublished.seq LIMIT ?",
        (limit,),
    )
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
    return Snapshot(seq, record, TraceContext(**json.loads(trace)))
