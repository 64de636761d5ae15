"""A service's SQLite file behind one connection, for services that read what they have just written.

It is used from the event loop only: every statement touches few rows through an index (tens of microseconds). A service
with long queries or many writes a second takes `sandbox.services.store`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.services.store import StoreFailed

__all__ = ["Database"]


class Database:
    """`path` is the file (its folder is made if absent), None keeps everything in memory; `schema` makes the tables."""

    def __init__(self, path: Path | None, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._depth = 0

    def open(self) -> None:
        """Make the file and its tables where they are absent; nothing else works before. Raises StoreFailed."""
        try:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path or ":memory:", isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(self._schema)
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(f"cannot be opened: {error}", where=str(self._path)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside take effect together, or none do. May be nested; must not be held over an await."""
        if self._depth == 0:
            self.execute("BEGIN")
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self.execute("COMMIT")
        except BaseException:
            if self._depth == 1:
                self._rollback()
            raise
        finally:
            self._depth -= 1

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Raises StoreFailed, as all of these."""
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise StoreFailed(f"SQLite: {error}", where=str(self._path or "memory")) from error

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return self.execute(sql, *values).fetchone()

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self.execute(sql, *values).fetchall()

    def count(self, sql: str, *values: object) -> int:
        return self.execute(sql, *values).fetchone()[0]

    def clear(self) -> None:
        """Forget everything, as if the file were new."""
        tables = self.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        with self.transaction():
            for table in tables:
                self.execute(f"DELETE FROM {table['name']}")

    def _rollback(self) -> None:
        if self._connection.in_transaction:  # a full disk may have ended it already
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()
