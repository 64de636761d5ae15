"""Where a capsule comes from and what came of it.

A capsule's parent is the one its POST named (DERIVED_FROM), else the one before it of the same entity (FOLLOWS).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.instants import format_instant

__all__ = ["Link", "ancestors", "derived", "descendants", "find_link"]

DERIVED_FROM, FOLLOWS, ROOT = "DERIVED_FROM", "FOLLOWS", "ROOT"
DESCENDANTS_LIMIT = 1_000
_COLUMNS = "SELECT seq, capsule_id, scope_id, timestamp_ms, parent_id, body FROM capsules"


@dataclass(frozen=True, slots=True)
class Link:
    """A capsule in a chain; `body` is its JSON text."""

    seq: int
    capsule_id: str
    scope_id: str
    timestamp_ms: int
    parent_id: str | None
    body: str

    def to_node(self, parent: Link | None) -> dict[str, Any]:
        """A node of a LineageChain; `parent` is None where nothing came before."""
        named = parent is not None and parent.capsule_id == self.parent_id
        return {
            "capsuleId": self.capsule_id,
            "parentCapsuleId": None if parent is None else parent.capsule_id,
            "relationship": ROOT if parent is None else DERIVED_FROM if named else FOLLOWS,
            "timestamp": format_instant(self.timestamp_ms),
        }


def find_link(connection: sqlite3.Connection, tenant: str, capsule_id: str) -> Link | None:
    row = connection.execute(f"{_COLUMNS} WHERE tenant = ? AND capsule_id = ?", (tenant, capsule_id)).fetchone()
    return None if row is None else Link(*row)


def ancestors(connection: sqlite3.Connection, tenant: str, link: Link, depth: int) -> list[Link]:
    """At most `depth` capsules up the chain, nearest first."""
    found: list[Link] = []
    seen = {link.capsule_id}
    parent = _parent(connection, tenant, link)
    while parent is not None and len(found) < depth and parent.capsule_id not in seen:
        found.append(parent)
        seen.add(parent.capsule_id)
        parent = _parent(connection, tenant, parent)
    return found


def derived(connection: sqlite3.Connection, tenant: str, link: Link) -> list[Link]:
    """The capsules whose POST named this one as parent, oldest first."""
    sql = f"{_COLUMNS} WHERE tenant = ? AND parent_id = ? ORDER BY timestamp_ms, seq LIMIT ?"
    return [Link(*row) for row in connection.execute(sql, (tenant, link.capsule_id, DESCENDANTS_LIMIT))]


def descendants(connection: sqlite3.Connection, tenant: str, link: Link, depth: int) -> list[Link]:
    """The capsules that have this one up to `depth` steps up their chain, level by level."""
    found: list[Link] = []
    seen = {link.capsule_id}
    level = [link]
    for _ in range(depth):
        level = [
            child
            for each in level
            for child in _children(connection, tenant, each)
            if child.capsule_id not in seen and not seen.add(child.capsule_id)
        ]
        found += level
        if not level or len(found) >= DESCENDANTS_LIMIT:
            break
    return found[:DESCENDANTS_LIMIT]


def _parent(connection: sqlite3.Connection, tenant: str, link: Link) -> Link | None:
    if link.parent_id is not None:
        return find_link(connection, tenant, link.parent_id)
    sql = (
        f"{_COLUMNS} WHERE tenant = ? AND scope_id = ? AND (timestamp_ms, seq) < (?, ?)"
        " ORDER BY timestamp_ms DESC, seq DESC LIMIT 1"
    )
    row = connection.execute(sql, (tenant, link.scope_id, link.timestamp_ms, link.seq)).fetchone()
    return None if row is None else Link(*row)


def _children(connection: sqlite3.Connection, tenant: str, link: Link) -> Iterator[Link]:
    yield from derived(connection, tenant, link)
    sql = (
        f"{_COLUMNS} WHERE tenant = ? AND scope_id = ? AND (timestamp_ms, seq) > (?, ?)"
        " ORDER BY timestamp_ms, seq LIMIT 1"
    )
    row = connection.execute(sql, (tenant, link.scope_id, link.timestamp_ms, link.seq)).fetchone()
    if row is not None and row[4] is None:
        yield Link(*row)
