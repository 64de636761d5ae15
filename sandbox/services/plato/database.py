"""PLATO's SQLite file: its tables and the indexes its queries need. One connection, used from the event loop only.

Every statement touches few rows through an index (tens of microseconds), so none needs a thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Database"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS plans (
    tenant TEXT, plan_id TEXT, status TEXT, created_at_ms INTEGER, name TEXT, body TEXT, PRIMARY KEY (tenant, plan_id));
CREATE INDEX IF NOT EXISTS plans_by_time ON plans (tenant, created_at_ms);
CREATE INDEX IF NOT EXISTS plans_by_status ON plans (tenant, status, created_at_ms);
CREATE TABLE IF NOT EXISTS specs (
    tenant TEXT, spec_id TEXT, type TEXT, created_at_ms INTEGER, name TEXT, body TEXT, PRIMARY KEY (tenant, spec_id));
CREATE INDEX IF NOT EXISTS specs_by_type ON specs (tenant, type, created_at_ms);
CREATE TABLE IF NOT EXISTS artifacts (
    tenant TEXT, artifact_id TEXT, spec_id TEXT, plan_id TEXT, run_id TEXT, type TEXT, created_at_ms INTEGER, name TEXT,
    body TEXT, PRIMARY KEY (tenant, artifact_id));
CREATE INDEX IF NOT EXISTS artifacts_by_spec ON artifacts (tenant, spec_id, created_at_ms);
CREATE TABLE IF NOT EXISTS policies (
    tenant TEXT, policy_id TEXT, category TEXT, priority INTEGER, body TEXT, PRIMARY KEY (tenant, policy_id));
CREATE TABLE IF NOT EXISTS governance (
    tenant TEXT, entity_id TEXT, body TEXT, PRIMARY KEY (tenant, entity_id));
CREATE TABLE IF NOT EXISTS feedback (
    tenant TEXT, feedback_id TEXT, decision_id TEXT, body TEXT, PRIMARY KEY (tenant, feedback_id));
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, tenant TEXT, plan_id TEXT, number INTEGER, mode TEXT, state TEXT, started_at_ms INTEGER,
    finished_at_ms INTEGER, trace TEXT, UNIQUE (tenant, plan_id, number));
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state);
CREATE TABLE IF NOT EXISTS run_messages (
    run_id TEXT, sequence INTEGER, body TEXT, PRIMARY KEY (run_id, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT, key TEXT, value TEXT, trace TEXT);
CREATE TABLE IF NOT EXISTS decisions (
    tenant TEXT, decision_id TEXT, plan_id TEXT, PRIMARY KEY (tenant, decision_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumed (
    position TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Database:
    """`folder` is the service's state folder (made if absent); None keeps everything in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._depth = 0

    def open(self) -> None:
        """Make the file and its tables where they are absent; nothing else works before."""
        path: str | Path = ":memory:"
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / "plato.db"
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside take effect together, or none do. May be nested; must not be held over an await."""
        if self._depth == 0:
            self._connection.execute("BEGIN")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute("COMMIT")

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return self._connection.execute(sql, values).fetchone()

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def count(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, values).fetchone()[0]

    def clear(self) -> None:
        """Forget everything, as if the file were new."""
        tables = self.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        with self.transaction():
            for table in tables:
                self.execute(f"DELETE FROM {table['name']}")

    def close(self) -> None:
        self._connection.close()
