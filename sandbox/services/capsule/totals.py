"""How many capsules there are, without a scan: totals by day and minute; only a range's ragged ends are counted."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

from sandbox.services.capsule.tables import DAY_MS, MINUTE_MS

__all__ = ["EVERY_SCOPE", "count_capsules", "count_events", "total_between", "total_of"]

EVERY_SCOPE = ""
"""In the totals: all scopes of a tenant together."""
_SUM = "SELECT coalesce(sum(capsules), 0) FROM totals WHERE tenant = ? AND scope_id = ? AND size_ms = ?"


def count_capsules(connection: sqlite3.Connection, places: Iterable[tuple[str, str, int]], step: int = 1) -> None:
    """Add capsules (tenant, scope, timestamp in ms) to the totals, or with `step` -1 take them out."""
    counts: Counter[tuple[str, str, int, int]] = Counter()
    for tenant, scope, timestamp_ms in places:
        for size_ms in (DAY_MS, MINUTE_MS):
            bucket = timestamp_ms // size_ms
            counts[tenant, scope, size_ms, bucket] += step
            counts[tenant, EVERY_SCOPE, size_ms, bucket] += step
    connection.executemany(
        "INSERT INTO totals VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET capsules = capsules + excluded.capsules",
        [(*place, count) for place, count in counts.items()],
    )


def count_events(connection: sqlite3.Connection, tenants: Iterable[str]) -> None:
    """Add consumed records, each given by its tenant, to the totals."""
    connection.executemany(
        "INSERT INTO event_totals VALUES (?, ?) ON CONFLICT DO UPDATE SET events = events + excluded.events",
        list(Counter(tenants).items()),
    )


def total_of(tenant: str, scope: str) -> tuple[str, tuple[str, str, int]]:
    """The query for all capsules of a tenant's scope."""
    return _SUM, (tenant, scope, DAY_MS)


def total_between(connection: sqlite3.Connection, tenant: str, scope: str, from_ms: int, to_ms: int) -> int:
    """Capsules with `from_ms` ≤ timestamp ≤ `to_ms`."""
    return _between(connection, tenant, scope, from_ms, to_ms + 1, (DAY_MS, MINUTE_MS))


def _between(
    connection: sqlite3.Connection, tenant: str, scope: str, start_ms: int, end_ms: int, sizes: tuple[int, ...]
) -> int:
    """Capsules in [start, end): whole buckets of the first size, the rest by the smaller sizes, at last one by one."""
    if start_ms >= end_ms:
        return 0
    if not sizes:
        return _counted(connection, tenant, scope, start_ms, end_ms)
    size_ms, *smaller = sizes
    first, last = -(-start_ms // size_ms), end_ms // size_ms
    if first >= last:
        return _between(connection, tenant, scope, start_ms, end_ms, tuple(smaller))
    sql = f"{_SUM} AND bucket >= ? AND bucket < ?"
    whole = connection.execute(sql, (tenant, scope, size_ms, first, last)).fetchone()[0]
    before = _between(connection, tenant, scope, start_ms, first * size_ms, tuple(smaller))
    after = _between(connection, tenant, scope, last * size_ms, end_ms, tuple(smaller))
    return before + whole + after


def _counted(connection: sqlite3.Connection, tenant: str, scope: str, start_ms: int, end_ms: int) -> int:
    by_scope = "" if scope == EVERY_SCOPE else " AND scope_id = ?"
    values = (tenant, start_ms, end_ms, *([scope] if by_scope else []))
    sql = f"SELECT count(*) FROM capsules WHERE tenant = ? AND timestamp_ms >= ? AND timestamp_ms < ?{by_scope}"
    return connection.execute(sql, values).fetchone()[0]
