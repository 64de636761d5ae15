"""The records CAPSULE consumed: told apart by place and event id, and listed at `/api/v1/events`."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.contracts.delivery import Delivery
from sandbox.services.http.events import ConsumedEvent
from sandbox.services.store import Store

__all__ = ["ConsumedLog", "ConsumedRecord"]

REPLAY_HEADER = "dlq-replay-id"
QUICK_ROWS = 2_000


class Seen(NamedTuple):
    """A record that was consumed before at the same place."""

    seq: int
    is_published: bool


@dataclass(frozen=True, slots=True)
class ConsumedRecord:
    """A record's identity: its event id, else a digest of its bytes.

    A record with an event id is a duplicate wherever it stands. One without is a duplicate at the same place, and
    anywhere when it comes by a replay from the dead letters.
    """

    event: ConsumedEvent
    identity: str
    is_recognisable: bool

    @classmethod
    def of(cls, delivery: Delivery, now_ms: int) -> ConsumedRecord:
        event = ConsumedEvent.of(delivery, now_ms)
        if event.event_id:
            return cls(event, event.event_id, True)
        digest = hashlib.sha256(delivery.record.value or b"").hexdigest()
        replayed = any(name == REPLAY_HEADER for name, _ in delivery.record.headers)
        return cls(event, f"sha256:{digest}", replayed)

    def find(self, connection: sqlite3.Connection) -> tuple[bool, Seen | None]:
        """`(was seen before, the row if it was seen at this very place)`."""
        event = self.event
        where = "SELECT seq, is_published FROM events WHERE tenant = ? AND topic = ? AND identity = ?"
        same = (event.tenant, event.topic, self.identity)
        if self.is_recognisable and connection.execute(f"{where} LIMIT 1", same).fetchone() is None:
            return False, None
        here = connection.execute(f"{where} AND partition = ? AND position = ?", (*same, event.partition, event.offset))
        row = here.fetchone()
        return self.is_recognisable or row is not None, Seen(row[0], bool(row[1])) if row else None

    def insert(self, connection: sqlite3.Connection, outcome: str, *, is_published: bool) -> int:
        """Row number."""
        event = self.event
        cursor = connection.execute(
            "INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.tenant,
                event.topic,
                self.identity,
                event.partition,
                event.offset,
                event.key,
                event.event_id,
                outcome,
                event.timestamp_ms,
                event.request_id,
                event.correlation_id,
                event.trace_id,
                int(is_published),
            ),
        )
        return cursor.lastrowid or 0


class ConsumedLog:
    """The EventLog of `/api/v1/events`, read from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(self, tenant: str, offset: int, size: int, *, descending: bool) -> tuple[list[ConsumedEvent], int]:
        direction = "DESC" if descending else "ASC"
        sql = (
            "SELECT timestamp_ms, topic, partition, position, key, event_id, outcome, tenant, request_id,"
            " correlation_id, trace_id FROM events WHERE tenant = ?"
            f" ORDER BY timestamp_ms {direction}, seq {direction} LIMIT ? OFFSET ?"
        )
        place = (tenant, size, offset)
        if offset > QUICK_ROWS:
            rows = await self._store.read_in_thread(lambda connection: connection.execute(sql, place).fetchall())
        else:
            rows = self._store.read(sql, place)
        totals = self._store.read("SELECT events FROM event_totals WHERE tenant = ?", (tenant,))
        return [ConsumedEvent(*row) for row in rows], totals[0][0] if totals else 0
