"""Replays as the desk remembers them, record by record, so that one which is interrupted goes on where it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.contracts.dead_letter import DlqStatus
from sandbox.contracts.delivery import Published
from sandbox.runtime.dlq.letters import Letter
from sandbox.runtime.dlq.replay import Replay, ReplayOptions
from sandbox.services.database import Database

__all__ = ["REPLAYS_SCHEMA", "WAITING", "Bundle", "Replays", "SentLetter"]

REPLAYS_SCHEMA = """
CREATE TABLE IF NOT EXISTS replays (
    replay TEXT PRIMARY KEY, dlq_topic TEXT NOT NULL, options TEXT NOT NULL, target_topic TEXT,
    state TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER, skipped INTEGER NOT NULL,
    beyond INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS items (
    replay TEXT NOT NULL, place INTEGER NOT NULL, bundle INTEGER NOT NULL, letter INTEGER NOT NULL,
    is_asked INTEGER NOT NULL, state TEXT NOT NULL, replay_id TEXT, topic TEXT, partition INTEGER, position INTEGER,
    error TEXT, resent INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (replay, bundle, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_of_letter ON items (letter, state);
"""
WAITING, SENDING, DOUBT, SENT = "waiting", "sending", "doubt", "sent"
FAILED, DEAD, SKIPPED = "failed", "dead", "skipped"
ERRORS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Bundle:
    """Letters of one original record, which goes out once for all of them. `replay_id` is set once it was tried."""

    replay: str
    number: int
    letters: tuple[int, ...]
    replay_id: str | None

    @property
    def was_tried(self) -> bool:
        return self.replay_id is not None


@dataclass(frozen=True, slots=True)
class SentLetter:
    """Where the latest replay of a letter stands, and under which id."""

    letter: int
    replay_id: str
    topic: str
    partition: int
    position: int


class Replays:
    """All methods are quick and raise StoreFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, replay: Replay, bundles: Iterable[Sequence[Letter]], asked: frozenset[int], *, skipped: int, beyond: int
    ) -> None:
        """Write down what a replay is going to do. `asked` are the letters that it is for; others are only reached."""
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO replays VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?)",
                replay.replay, replay.dlq_topic, json.dumps(replay.options.to_json()), replay.target_topic,
                "running", replay.started_ms, skipped, beyond,
            )  # fmt: skip
            place = 0
            for number, letters in enumerate(bundles):
                for letter in letters:
                    self._database.execute(
                        "INSERT INTO items (replay, place, bundle, letter, is_asked, state) VALUES (?, ?, ?, ?, ?, ?)",
                        replay.replay, place, number, letter.number, int(letter.number in asked), WAITING,
                    )  # fmt: skip
                    place += 1

    def bundles(self, replay: str) -> int:
        """How many original records a replay is about; bundles are numbered from 0."""
        return self._database.count("SELECT coalesce(max(bundle) + 1, 0) FROM items WHERE replay = ?", replay)

    def open_bundles(self, replay: str, first: int, limit: int) -> list[Bundle]:
        """Those of the `limit` bundles from `first` on that are not done with, in order.

        One that was being sent when the engine ended is among them.
        """
        rows = self._database.all(
            "SELECT bundle, letter, replay_id FROM items"
            " WHERE replay = ? AND bundle >= ? AND bundle < ? AND state IN (?, ?) ORDER BY bundle, place",
            replay, first, first + limit, WAITING, SENDING,
        )  # fmt: skip
        found: dict[int, list[sqlite3.Row]] = {}
        for row in rows:
            found.setdefault(row["bundle"], []).append(row)
        return [
            Bundle(replay, number, tuple(row["letter"] for row in members), members[0]["replay_id"])
            for number, members in found.items()
        ]

    def doubtful_id(self, letter: int) -> str | None:
        """The id under which the letter may have gone out already, when an interruption left that open."""
        sql = "SELECT replay_id FROM items WHERE letter = ? AND state = ? LIMIT 1"
        row = self._database.one(sql, letter, DOUBT)
        return None if row is None else row["replay_id"]

    def sending(self, bundle: Bundle, replay_id: str) -> None:
        resent = ", resent = resent + 1" if bundle.was_tried else ""
        self._mark(bundle, f"state = ?, replay_id = ?{resent}", SENDING, replay_id)

    def sent(self, bundle: Bundle, where: Published) -> None:
        self._mark(
            bundle,
            "state = ?, topic = ?, partition = ?, position = ?",
            SENT,
            where.topic,
            where.partition,
            where.offset,
        )

    def failed(self, bundle: Bundle, error: str) -> None:
        self._mark(bundle, "state = ?, error = ?", FAILED, error)

    def done(self, bundle: Bundle, letters: Iterable[int], state: str, error: str | None = None) -> None:
        """Some letters of a bundle are not to go out."""
        for letter in letters:
            self._database.execute(
                "UPDATE items SET state = ?, error = ? WHERE replay = ? AND bundle = ? AND letter = ?",
                state, error, bundle.replay, bundle.number, letter,
            )  # fmt: skip

    def doubt(self, replay: str) -> list[int]:
        """What is being sent stays open; the letters of which nobody knows whether they went out."""
        rows = self._database.all("SELECT letter FROM items WHERE replay = ? AND state = ?", replay, SENDING)
        self._database.execute("UPDATE items SET state = ? WHERE replay = ? AND state = ?", DOUBT, replay, SENDING)
        return [row["letter"] for row in rows]

    def end(self, replay: str, state: str, now_ms: int) -> None:
        self._database.execute("UPDATE replays SET state = ?, ended_ms = ? WHERE replay = ?", state, now_ms, replay)

    def get(self, replay: str) -> Replay | None:
        row = self._database.one("SELECT * FROM replays WHERE replay = ?", replay)
        return None if row is None else self._replay(row)

    def newest(self, limit: int) -> list[Replay]:
        rows = self._database.all("SELECT * FROM replays ORDER BY started_ms DESC, replay LIMIT ?", limit)
        return [self._replay(row) for row in rows]

    def running(self) -> list[Replay]:
        """Those that have not ended: under way now, or when the engine ended."""
        rows = self._database.all("SELECT * FROM replays WHERE state = 'running' ORDER BY started_ms")
        return [self._replay(row) for row in rows]

    def awaiting(self) -> list[SentLetter]:
        """Letters that are RETRYING and whose latest replay has gone out."""
        rows = self._database.all(
            "SELECT letters.number, items.replay_id, items.topic, items.partition, items.position"
            " FROM letters JOIN items ON items.letter = letters.number JOIN replays ON replays.replay = items.replay"
            " WHERE letters.status = ? AND items.state = ? ORDER BY replays.started_ms, items.place",
            DlqStatus.RETRYING.value, SENT,
        )  # fmt: skip
        return list({row[0]: SentLetter(*row) for row in rows}.values())

    def history(self, letter: int) -> list[dict[str, object]]:
        """What replays did with a letter, oldest first."""
        sql = (
            "SELECT items.* FROM items JOIN replays ON replays.replay = items.replay"
            " WHERE items.letter = ? ORDER BY replays.started_ms"
        )
        rows = self._database.all(sql, letter)
        return [
            {
                "replay": row["replay"],
                "state": row["state"],
                "replayId": row["replay_id"],
                "topic": row["topic"],
                "partition": row["partition"],
                "offset": row["position"],
                "error": row["error"],
            }
            for row in rows
        ]

    def _mark(self, bundle: Bundle, change: str, *values: object) -> None:
        for letter in bundle.letters:
            self._database.execute(
                f"UPDATE items SET {change} WHERE replay = ? AND bundle = ? AND letter = ?",
                *values, bundle.replay, bundle.number, letter,
            )  # fmt: skip

    def _replay(self, row: sqlite3.Row) -> Replay:
        counts: dict[str, int] = {}
        also_reached = 0
        sql = "SELECT state, is_asked, count(*) AS letters FROM items WHERE replay = ? GROUP BY state, is_asked"
        for each in self._database.all(sql, row["replay"]):
            if each["is_asked"]:
                counts[each["state"]] = each["letters"]
            elif each["state"] == SENT:
                also_reached = each["letters"]
        records = self._database.count(
            "SELECT count(DISTINCT bundle) FROM items WHERE replay = ? AND state = ?", row["replay"], SENT
        )
        resent = self._database.count(
            "SELECT count(DISTINCT bundle) FROM items WHERE replay = ? AND resent > 0", row["replay"]
        )
        errors = self._database.all(
            "SELECT DISTINCT error FROM items WHERE replay = ? AND error IS NOT NULL LIMIT ?",
            row["replay"],
            ERRORS_SHOWN,
        )
        unfinished = sum(counts.get(state, 0) for state in (WAITING, SENDING, DOUBT))
        return Replay(
            replay=row["replay"],
            dlq_topic=row["dlq_topic"],
            options=ReplayOptions.from_json(json.loads(row["options"])),
            target_topic=row["target_topic"],
            state=row["state"],
            started_ms=row["started_ms"],
            ended_ms=row["ended_ms"],
            selected=sum(counts.values()),
            replayed=counts.get(SENT, 0),
            skipped=row["skipped"] + counts.get(SKIPPED, 0),
            failed=counts.get(FAILED, 0),
            marked_dead=counts.get(DEAD, 0),
            left=row["beyond"] + unfinished,
            records=records,
            also_reached=also_reached,
            resent=resent,
            errors=tuple(each["error"] for each in errors),
        )
