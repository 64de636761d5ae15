"""The log of every run: its messages in order, kept in the store and read back by sequence number.

Streams hold a position in the log and no queue: a slow reader falls behind, it neither holds up the run nor grows.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.contracts.tracing import TraceContext
from sandbox.services.database import Database

__all__ = ["Run", "RunLog", "RunMessage"]

READ_LIMIT = 64
KEPT_RUNS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`number` counts a plan's runs from 1; `state` is RUNNING, COMPLETED, FAILED or CANCELLED.

    `mode` is LIVE, or DRY_RUN, which keeps no artifacts and leaves the plan's status as it was.
    """

    run_id: str
    tenant: str
    plan_id: str
    number: int
    mode: str
    state: str
    started_at_ms: int
    trace: TraceContext
    finished_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RunMessage:
    """`sequence` counts a run's messages from 1; `text` is the message as JSON."""

    sequence: int
    type: str
    text: str


class RunLog:
    """Runs and their messages, and a bell per plan that rings when there is more to read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bells: dict[tuple[str, str], asyncio.Event] = {}

    def begin(self, run: Run) -> None:
        self._database.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            run.run_id, run.tenant, run.plan_id, run.number, run.mode, run.state, run.started_at_ms, None,
            json.dumps(asdict(run.trace)),
        )  # fmt: skip
        self._forget_old()

    def finish(self, run: Run, state: str, at_ms: int) -> None:
        self._database.execute(
            "UPDATE runs SET state = ?, finished_at_ms = ? WHERE run_id = ?", state, at_ms, run.run_id
        )

    def append(self, run: Run, message: Mapping[str, Any]) -> int:
        """Keep a message as the run's next; returns its sequence, which the kept message carries as `sequence`."""
        last = self._database.one("SELECT max(sequence) FROM run_messages WHERE run_id = ?", run.run_id)
        sequence = ((last and last[0]) or 0) + 1
        text = json.dumps({**message, "sequence": sequence}, ensure_ascii=False, separators=(",", ":"))
        self._database.execute("INSERT INTO run_messages VALUES (?, ?, ?)", run.run_id, sequence, text)
        self.ring(run.tenant, run.plan_id)
        return sequence

    def messages(self, run_id: str, after: int, limit: int = READ_LIMIT) -> list[RunMessage]:
        """At most `limit` messages with a sequence greater than `after`, in order."""
        rows = self._database.all(
            "SELECT sequence, json_extract(body, '$.type') AS type, body FROM run_messages"
            " WHERE run_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            run_id, after, limit,
        )  # fmt: skip
        return [RunMessage(row["sequence"], row["type"], row["body"]) for row in rows]

    def latest(self, tenant: str, plan_id: str) -> Run | None:
        return _run(
            self._database.one(
                "SELECT * FROM runs WHERE tenant = ? AND plan_id = ? ORDER BY number DESC LIMIT 1", tenant, plan_id
            )
        )

    def next_after(self, run: Run) -> Run | None:
        """The plan's first run after `run`."""
        return _run(
            self._database.one(
                "SELECT * FROM runs WHERE tenant = ? AND plan_id = ? AND number > ? ORDER BY number LIMIT 1",
                run.tenant, run.plan_id, run.number,
            )
        )  # fmt: skip

    def get(self, run_id: str) -> Run | None:
        return _run(self._database.one("SELECT * FROM runs WHERE run_id = ?", run_id))

    def unfinished(self) -> list[Run]:
        """Runs that were going when the process before this one ended."""
        rows = self._database.all("SELECT * FROM runs WHERE state = 'RUNNING'")
        return [run for run in map(_run, rows) if run is not None]

    def count(self) -> int:
        return self._database.count("SELECT count(*) FROM runs")

    def bell(self, tenant: str, plan_id: str) -> asyncio.Event:
        """An event that is set when the plan's log has grown. Take it before reading, wait for it after."""
        return self._bells.setdefault((tenant, plan_id), asyncio.Event())

    def ring(self, tenant: str, plan_id: str) -> None:
        bell = self._bells.pop((tenant, plan_id), None)
        if bell is not None:
            bell.set()

    def _forget_old(self) -> None:
        """Keep the log bounded: beyond KEPT_RUNS the oldest finished runs go."""
        if self.count() <= KEPT_RUNS:
            return
        old = self._database.all(
            "SELECT run_id FROM runs WHERE state != 'RUNNING' ORDER BY started_at_ms LIMIT ?", KEPT_RUNS // 10
        )
        for row in old:
            self._database.execute("DELETE FROM run_messages WHERE run_id = ?", row["run_id"])
            self._database.execute("DELETE FROM runs WHERE run_id = ?", row["run_id"])


def _run(row: sqlite3.Row | None) -> Run | None:
    if row is None:
        return None
    values = dict(row)
    values["trace"] = TraceContext(**json.loads(values["trace"]))
    return Run(**values)
