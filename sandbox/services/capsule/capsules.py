"""CAPSULE's store: capsules by id, scope and time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.capsule.consumed import ConsumedRecord
from sandbox.services.capsule.snapshots import Snapshot, add_snapshot, remove_snapshot, waiting_snapshots
from sandbox.services.capsule.tables import DAY_MS, SCHEMA, SCHEMA_VERSION
from sandbox.services.capsule.totals import EVERY_SCOPE, count_capsules, count_events, total_between, total_of
from sandbox.services.http.exchange import encode_json
from sandbox.services.store import Store

__all__ = ["CapsuleFilter", "Capsules", "Conflict", "Stored"]

QUICK_ROWS = 2_000
"""Pages that start beyond this many rows are read in the store's thread."""
EARLIEST_MS, LATEST_MS = -(2**55), 2**55
MANY_RECORDS = 16
"""From here on there is more to do than can be done at once, and a transaction may wait for the next partition's."""
COLUMNS = {"timestamp": "timestamp_ms", "createdAt": "created_ms"}


@dataclass(frozen=True, slots=True)
class CapsuleFilter:
    """`from_ms` and `to_ms` both belong to the range; None leaves it open."""

    tenant: str
    scope_id: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None

    @property
    def has_range(self) -> bool:
        return self.from_ms is not None or self.to_ms is not None

    @property
    def values(self) -> tuple[Any, ...]:
        """Of the condition's placeholders, in its order."""
        given = (self.tenant, self.scope_id, self.from_ms, self.to_ms)
        return tuple([each for each in given if each is not None])

    @property
    def condition(self) -> str:
        return _condition(self.scope_id is not None, self.from_ms is not None, self.to_ms is not None)


@lru_cache
def _condition(by_scope: bool, has_start: bool, has_end: bool) -> str:
    terms = ["tenant = ?"]
    terms += ["scope_id = ?"] if by_scope else []
    terms += ["timestamp_ms >= ?"] if has_start else []
    terms += ["timestamp_ms <= ?"] if has_end else []
    return " AND ".join(terms)


@lru_cache
def _page_sql(condition: str, order: str, descending: bool) -> str:
    direction = "DESC" if descending else "ASC"
    return (
        f"SELECT body FROM capsules WHERE {condition}"
        f" ORDER BY {COLUMNS[order]} {direction}, seq {direction} LIMIT ? OFFSET ?"
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a consumed record: its row, whether it was known already, and whether Kafka has its snapshots."""

    seq: int
    known: bool
    is_published: bool


class Conflict(SandboxError):
    """A POST with idempotency keys that are taken: `(place in the request, existing id, key)` of each."""

    def __init__(self, existing: list[tuple[int, str, str]]) -> None:
        super().__init__(f"{len(existing)} capsules exist already")
        self.existing = existing


class Capsules:
    """The capsules of all tenants. Every method may raise StoreFailed."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path, SCHEMA, version=SCHEMA_VERSION)
        self._published: list[tuple[int]] = []

    async def post(self, capsules: Sequence[Capsule], trace: TraceContext) -> None:
        """Keep all of them, or none: raises Conflict when a key is taken."""

        def work(connection: sqlite3.Connection) -> None:
            taken: list[tuple[int, str, str]] = []
            for place, capsule in enumerate(capsules):
                key = capsule.idempotency_key
                sql = "SELECT capsule_id FROM capsules WHERE tenant = ? AND posted_key = ?"
                if found := connection.execute(sql, (capsule.tenant, key)).fetchone():
                    taken.append((place, found[0], key))
                else:
                    _insert(connection, [capsule], posted_key=key)
                    add_snapshot(connection, capsule, trace)
            if taken:
                raise Conflict(taken)

        await self.store.write(work)

    async def keep(self, capsules: Sequence[Capsule]) -> None:
        """Keep capsules that nobody is told of: what a fresh sandbox starts with."""
        await self.store.write(lambda connection: _insert(connection, capsules))

    async def keep_events(self, records: Sequence[tuple[ConsumedRecord, Sequence[Capsule]]]) -> list[Stored]:
        """Keep consumed records, each with its capsules once, however often it comes; all of them or none."""

        def work(connection: sqlite3.Connection) -> list[Stored]:
            self._note_published(connection)
            stored: list[Stored] = []
            new_capsules: list[Capsule] = []
            new_events: list[str] = []
            for consumed, capsules in records:
                known, here = consumed.find(connection)
                if here is not None:
                    stored.append(Stored(here.seq, True, here.is_published))
                    continue
                is_done = known or not capsules
                outcome = "duplicate" if known else "processed" if capsules else "skipped"
                stored.append(Stored(consumed.insert(connection, outcome, is_published=is_done), known, is_done))
                new_events.append(consumed.event.tenant)
                if not known:
                    new_capsules += capsules
            count_events(connection, new_events)
            _insert(connection, new_capsules)
            return stored

        return await self.store.write(work, is_patient=len(records) >= MANY_RECORDS)

    def published(self, stored: Stored) -> None:
        """Kafka has the snapshots of a consumed record.

        Written down with the next record: lost with the process, it only lets a redelivered one be published again.
        """
        self._published.append((stored.seq,))

    def snapshot_published(self, snapshot: Snapshot) -> None:
        """Kafka has the snapshot of a POSTed capsule; lost with the process, it is published again."""
        capsule_id = snapshot.record["capsule_id"]
        self.store.write_later(lambda connection: remove_snapshot(connection, capsule_id))

    async def waiting_snapshots(self, limit: int) -> list[Snapshot]:
        """Of POSTed capsules, oldest first."""
        return await self.store.read_in_thread(lambda connection: waiting_snapshots(connection, limit))

    async def delete(self, tenant: str, capsule_id: str) -> bool:
        """Whether there was such a capsule."""

        def work(connection: sqlite3.Connection) -> bool:
            remove_snapshot(connection, capsule_id)
            sql = "SELECT tenant, scope_id, timestamp_ms FROM capsules WHERE capsule_id = ? AND tenant = ?"
            found = connection.execute(sql, (capsule_id, tenant)).fetchall()
            connection.execute("DELETE FROM capsules WHERE capsule_id = ? AND tenant = ?", (capsule_id, tenant))
            count_capsules(connection, found, -1)
            return bool(found)

        return await self.store.write(work)

    async def clear(self) -> None:
        """Remove everything of every tenant."""

        def work(connection: sqlite3.Connection) -> None:
            self._published.clear()
            for table in ("capsules", "unpublished", "events", "event_totals", "totals"):
                connection.execute(f"DELETE FROM {table}")

        await self.store.write(work)

    def find(self, tenant: str, capsule_id: str) -> str | None:
        """A capsule as JSON text."""
        rows = self.store.read("SELECT body FROM capsules WHERE capsule_id = ? AND tenant = ?", (capsule_id, tenant))
        return rows[0][0] if rows else None

    async def page(
        self,
        wanted: CapsuleFilter,
        *,
        order: str = "timestamp",
        descending: bool = True,
        offset: int = 0,
        size: int = 20,
    ) -> list[str]:
        """Capsules as JSON text, ordered by `timestamp` or `createdAt`; equal times stay in the order of arrival."""
        sql = _page_sql(wanted.condition, order, descending)
        place = (*wanted.values, size, offset)
        has_to_sort = order == "createdAt" and (wanted.scope_id is not None or wanted.has_range)
        if has_to_sort or offset > QUICK_ROWS:
            rows = await self.store.read_in_thread(lambda connection: connection.execute(sql, place).fetchall())
        else:
            rows = self.store.read(sql, place)
        return [row[0] for row in rows]

    async def total(self, wanted: CapsuleFilter) -> int:
        tenant, scope = wanted.tenant, wanted.scope_id or EVERY_SCOPE
        if not wanted.has_range:
            return self.store.read(*total_of(tenant, scope))[0][0]
        from_ms = EARLIEST_MS if wanted.from_ms is None else wanted.from_ms
        to_ms = LATEST_MS if wanted.to_ms is None else wanted.to_ms
        return await self.store.read_in_thread(
            lambda connection: total_between(connection, tenant, scope, from_ms, to_ms)
        )

    def with_counterfactual(self, tenant: str, scope_id: str | None, limit: int) -> list[str]:
        """The newest capsules that have a counterfactual dimension, as JSON text."""
        wanted = CapsuleFilter(tenant, scope_id)
        sql = (
            f"SELECT body FROM capsules WHERE {wanted.condition} AND has_counterfactual"
            " ORDER BY timestamp_ms DESC, seq DESC LIMIT ?"
        )
        return [row[0] for row in self.store.read(sql, (*wanted.values, limit))]

    async def close(self) -> None:
        if self._published and self.store.is_open:
            self.store.write_later(self._note_published)
        await self.store.close()

    def _note_published(self, connection: sqlite3.Connection) -> None:
        if self._published:
            connection.executemany("UPDATE events SET is_published = 1 WHERE seq = ?", self._published)
            self._published.clear()

    def counts(self) -> dict[str, int]:
        """For the status: capsules, consumed records, snapshots that Kafka does not have yet."""
        ((capsules, events, waiting),) = self.store.read(
            "SELECT (SELECT coalesce(sum(capsules), 0) FROM totals WHERE scope_id = '' AND size_ms = ?),"
            " (SELECT coalesce(sum(events), 0) FROM event_totals),"
            " (SELECT count(*) FROM unpublished)",
            (DAY_MS,),
        )
        return {"capsules": capsules, "events": events, "unpublishedSnapshots": waiting}


def _insert(connection: sqlite3.Connection, capsules: Sequence[Capsule], *, posted_key: str | None = None) -> None:
    connection.executemany(
        "INSERT INTO capsules VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                each.capsule_id,
                each.tenant,
                each.scope_id,
                each.timestamp_ms,
                each.created_ms,
                posted_key,
                each.parent_id,
                int(bool(each.content.get("counterfactual"))),
                _body(each),
            )
            for each in capsules
        ],
    )
    count_capsules(connection, [(each.tenant, each.scope_id, each.timestamp_ms) for each in capsules])


def _body(capsule: Capsule) -> str:
    members = capsule.to_json()
    try:
        return to_json(members).decode()
    except ValueError:  # half a surrogate pair, which only the standard library writes
        return encode_json(members)
