"""A service's SQLite file: writes that share a commit, quick reads by index, long reads and checkpoints in a thread.

Writes and indexed reads take tens of microseconds, less than handing them to a thread would, and run on the event loop.
What can take longer (deep pages, aggregates, copying the write-ahead log back) runs on the store's own thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sandbox.errors import EnvironmentFailure

__all__ = ["Store", "StoreFailed"]

Result = TypeVar("Result")
CHECKPOINT_CHANGES = 10_000
LOG_LIMIT_PAGES = 8_000
ANSWERS_LIMIT, ANSWER_ROWS = 256, 25
BUSY_TIMEOUT_S = 5.0
GATHER_S = 0.005
"""What a patient write waits at most for others to share its commit."""


class StoreFailed(EnvironmentFailure):
    """SQLite could not do what was asked (disk full, file damaged or taken away)."""


class Store:
    """One file in WAL mode. `schema` creates the tables; `version` is its number, kept in the file.

    Writes that arrive in the same turn of the event loop become one transaction, each behind its own savepoint: one
    that raises undoes only itself. `write` returns when the transaction is committed. When writers outrun the copying
    of the write-ahead log and it has more than `log_limit_pages`, they wait until it can start again.
    """

    def __init__(self, path: Path, schema: str, *, version: int = 1, log_limit_pages: int = LOG_LIMIT_PAGES) -> None:
        self.path = path
        self._schema = schema
        self._version = version
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._thread_reader: sqlite3.Connection | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._answers: dict[tuple[str, tuple[Any, ...]], list[Any]] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._log_limit_pages = log_limit_pages
        self._copied_changes = 0
        self._copying: asyncio.Task[None] | None = None
        self._caught_up: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._writer is not None

    def open(self) -> None:
        """Create or open the file. Raises StoreFailed."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            writer = self._connect()
            (version,) = writer.execute("PRAGMA user_version").fetchone()
            if version not in (0, self._version):
                writer.close()
                hint = "start once with --fresh, which begins with empty stores"
                raise StoreFailed(
                    f"has schema version {version}, expected {self._version}", where=str(self.path), hint=hint
                )
            writer.execute("PRAGMA journal_mode=WAL")
            if version == 0:
                writer.executescript(self._schema)
                writer.execute(f"PRAGMA user_version={self._version}")
            self._writer, self._reader, self._thread_reader = writer, self._connect(), self._connect()
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(f"cannot be opened: {error}", where=str(self.path)) from error
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"store-{self.path.stem}")

    async def close(self) -> None:
        """Commit what waits, fold the write-ahead log into the file, and close. Does nothing when not open."""
        if self._writer is None or self._thread is None:
            return
        self._commit()
        if self._copying is not None:
            await asyncio.wait([self._copying])
        thread, self._thread = self._thread, None
        await asyncio.to_thread(thread.shutdown)
        for connection in (self._reader, self._thread_reader, self._writer):
            if connection is not None:
                connection.close()
        self._writer = self._reader = self._thread_reader = None
        self._answers.clear()

    def read(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Rows of a quick query that its indexes answer, as committed so far; not to be changed. Raises StoreFailed.

        Small answers are kept until the next commit: clients that poll ask the same again and again.
        """
        asked = (sql, parameters)
        rows = self._answers.get(asked)
        if rows is not None:
            return rows
        if self._reader is None:
            raise self._closed()
        try:
            rows = self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if len(rows) <= ANSWER_ROWS:
            if len(self._answers) >= ANSWERS_LIMIT:
                self._answers.clear()
            self._answers[asked] = rows
        return rows

    def read_with(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `work` reads quickly, as committed so far. Raises StoreFailed."""
        if self._reader is None:
            raise self._closed()
        try:
            return work(self._reader)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    async def read_in_thread(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `work` reads on the store's thread, for queries whose length depends on the data. Raises StoreFailed."""
        if self._thread is None or self._thread_reader is None:
            raise self._closed()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._thread_reader)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    async def write(self, work: Callable[[sqlite3.Connection], Result], *, is_patient: bool = False) -> Result:
        """Do `work` in the transaction of this turn; returns its result once committed.

        With `is_patient` the commit may wait `GATHER_S` for other work to share it: a commit writes each page that was
        touched, and several partitions touch much the same ones. `work` must be quick. Raises StoreFailed, and whatever
        `work` raises (then nothing of it is kept).
        """
        while self._caught_up is not None:
            await asyncio.shield(self._caught_up)
        result = self._apply(work, is_patient=is_patient)
        committed = asyncio.get_running_loop().create_future()
        self._waiting.append(committed)
        await committed
        return result

    def write_later(self, work: Callable[[sqlite3.Connection], Any]) -> None:
        """The same for work that nobody waits for and that may be lost with the process. Raises StoreFailed."""
        self._apply(work)

    async def settled(self) -> None:
        """Returns when everything written so far is committed. Raises StoreFailed."""
        await self.write(lambda _: None)

    def _apply(self, work: Callable[[sqlite3.Connection], Result], *, is_patient: bool = False) -> Result:
        connection = self._writer
        if connection is None:
            raise self._closed()
        try:
            if not connection.in_transaction:
                connection.execute("BEGIN IMMEDIATE")
                self._schedule_commit(is_patient)
            elif self._gathering is not None and not is_patient:
                self._schedule_commit(is_patient)
            connection.execute("SAVEPOINT work")
        except sqlite3.Error as error:
            raise self._failed(error) from error
        kept = False
        try:
            result = work(connection)
            connection.execute("RELEASE work")
            kept = True
        except sqlite3.Error as error:
            raise self._failed(error) from error
        finally:
            if not kept and connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # a full disk may have ended the transaction already
                    connection.execute("ROLLBACK TO work")
                    connection.execute("RELEASE work")
        return result

    def _schedule_commit(self, is_patient: bool) -> None:
        loop = asyncio.get_running_loop()
        if self._gathering is not None:
            self._gathering.cancel()
        self._gathering = loop.call_later(GATHER_S, self._commit) if is_patient else None
        if not is_patient:
            loop.call_soon(self._commit)

    def _commit(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        waiting, self._waiting = self._waiting, []
        self._answers.clear()
        connection, failure = self._writer, None
        if connection is None:
            return
        try:
            if connection.in_transaction:
                connection.execute("COMMIT")
            elif waiting:
                failure = StoreFailed("the transaction was rolled back", where=str(self.path))
        except sqlite3.Error as error:
            failure = self._failed(error)
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        for each in waiting:
            if each.done():
                continue
            if failure is None:
                each.set_result(None)
            else:
                each.set_exception(failure)
        if connection.total_changes - self._copied_changes >= CHECKPOINT_CHANGES and self._copying is None:
            self._copied_changes = connection.total_changes
            self._copying = asyncio.get_running_loop().create_task(self._copy_log_back())

    async def _copy_log_back(self) -> None:
        """Copy the log into the file beside the writers; hold them back once when they are faster than that."""
        loop = asyncio.get_running_loop()
        try:
            if await loop.run_in_executor(self._thread, self._copied_pages) > self._log_limit_pages:
                self._caught_up = loop.create_future()
                self._commit()  # what was applied before
                await loop.run_in_executor(self._thread, self._copied_pages)
        finally:
            self._copying = None
            if self._caught_up is not None:
                self._caught_up.set_result(None)
                self._caught_up = None

    def _copied_pages(self) -> int:
        """Copy what can be copied; returns the pages of the log. A failure leaves it to the next time."""
        if self._thread_reader is None:
            return 0
        try:
            _, pages, _ = self._thread_reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error:
            return 0
        return pages

    def _connect(self) -> sqlite3.Connection:
        # One connection for each use, and none of them used by two threads at once.
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S, cached_statements=256
        )
        # NORMAL: a killed process loses nothing, only a power cut can take the last commits.
        connection.executescript(
            "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-4096; PRAGMA foreign_keys=OFF;"
        )
        return connection

    def _failed(self, error: sqlite3.Error) -> StoreFailed:
        return StoreFailed(f"SQLite: {error}", where=str(self.path))

    def _closed(self) -> StoreFailed:
        return StoreFailed("the store is not open", where=str(self.path))
