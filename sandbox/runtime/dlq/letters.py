"""What the desk knows of each dead letter: its content as read from the DLQ topic, and how it stands.

The DLQ topics are append-only; statuses live here. Content is kept too, so that retention takes away no letter that
somebody still means to replay.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.dead_letter import DlqStatus
from sandbox.contracts.instants import format_instant
from sandbox.contracts.record import Record
from sandbox.kafka.dlq_letter import FiledLetter
from sandbox.runtime.dlq.letter_filter import LetterFilter
from sandbox.services.database import Database

__all__ = ["LETTERS_SCHEMA", "Change", "Letter", "Letters"]

LETTERS_SCHEMA = """
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    dlq_topic TEXT NOT NULL, dlq_partition INTEGER NOT NULL, dlq_offset INTEGER NOT NULL,
    topic TEXT NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL, key TEXT, tenant TEXT,
    category TEXT NOT NULL, consumer_group TEXT, service TEXT, error_type TEXT, error_message TEXT,
    retries INTEGER NOT NULL, replays INTEGER NOT NULL, replay_id TEXT, written_ms INTEGER NOT NULL,
    status TEXT NOT NULL, changed_ms INTEGER NOT NULL, note TEXT, problem TEXT,
    is_exact INTEGER NOT NULL, copies INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS letters_standing ON letters (dlq_topic, status, category);
CREATE INDEX IF NOT EXISTS letters_original ON letters (topic, partition, position);
CREATE INDEX IF NOT EXISTS letters_replayed ON letters (replay_id) WHERE replay_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS contents (number INTEGER PRIMARY KEY, key BLOB, value BLOB, headers TEXT, at_ms INTEGER);
CREATE TABLE IF NOT EXISTS positions (
    dlq_topic TEXT, dlq_partition INTEGER, next INTEGER, PRIMARY KEY (dlq_topic, dlq_partition)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One row: a letter and how it stands. `number` is its place in the order of reading."""

    number: int
    id: str
    dlq_topic: str
    dlq_partition: int
    dlq_offset: int
    topic: str
    partition: int
    position: int
    key: str | None
    tenant: str | None
    category: str
    consumer_group: str | None
    service: str | None
    error_type: str | None
    error_message: str | None
    retries: int
    replays: int
    replay_id: str | None
    written_ms: int
    status: str
    changed_ms: int
    note: str | None
    problem: str | None
    is_exact: int
    copies: int

    def to_json(self) -> dict[str, Any]:
        """A line of a list: the names of the letter on the wire, where it has them."""
        return {
            "id": self.id,
            "status": self.status,
            "statusTimestamp": format_instant(self.changed_ms),
            "note": self.note,
            "failureCategory": self.category,
            "consumerGroupId": self.consumer_group,
            "sourceService": self.service,
            "errorType": self.error_type,
            "errorMessage": self.error_message,
            "originalTopic": self.topic,
            "partition": self.partition,
            "offset": self.position,
            "key": self.key,
            "tenant": self.tenant,
            "retryCount": self.retries,
            "replays": self.replays,
            "dlqTimestamp": format_instant(self.written_ms),
            "dlqTopic": self.dlq_topic,
            "dlqPartition": self.dlq_partition,
            "dlqOffset": self.dlq_offset,
            "exact": bool(self.is_exact),
            "problem": self.problem,
            "copies": self.copies,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A letter, as it is now, that has got another status."""

    letter: Letter
    from_status: str


class Letters:
    """All methods are quick and raise StoreFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, records: Iterable[Record], positions: Mapping[tuple[str, int], int], now_ms: int) -> int:
        """Keep records of DLQ topics and how far they were read; the number of letters not known before."""
        added = 0
        with self._database.transaction():
            for record in records:
                added += self._add(FiledLetter.of(record), now_ms)
            for (topic, partition), following in positions.items():
                self._database.execute(
                    "INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next",
                    topic, partition, following,
                )  # fmt: skip
        return added

    def _add(self, letter: FiledLetter, now_ms: int) -> int:
        """A second copy of a letter, written because its consumer was killed before it could commit, is only noted."""
        place, original = letter.place, letter.original
        known = self._database.one("SELECT dlq_partition, dlq_offset FROM letters WHERE id = ?", letter.id)
        if known is not None:
            if tuple(known) != (place.partition, place.offset):
                self._database.execute("UPDATE letters SET copies = copies + 1 WHERE id = ?", letter.id)
            return 0
        number = self._database.execute(
            f"INSERT INTO letters VALUES (NULL{', ?' * 24})",
            letter.id, place.topic, place.partition, place.offset, original.topic, original.partition, original.offset,
            None if original.key is None else original.key.decode("utf-8", "replace"), letter.tenant, letter.category,
            letter.group, letter.service, letter.error_type, letter.error_message, letter.retries, letter.replays,
            letter.replay_id, letter.written_ms, letter.status, now_ms, None, letter.problem, int(letter.is_exact), 1,
        ).lastrowid  # fmt: skip
        headers = json.dumps([[name, _text(value)] for name, value in place.headers])
        self._database.execute(
            "INSERT INTO contents VALUES (?, ?, ?, ?, ?)", number, place.key, place.value, headers, place.timestamp_ms
        )
        return 1

    def positions(self) -> dict[tuple[str, int], int]:
        rows = self._database.all("SELECT dlq_topic, dlq_partition, next FROM positions")
        return {(row["dlq_topic"], row["dlq_partition"]): row["next"] for row in rows}

    def forget(self, dlq_topic: str) -> None:
        """The topic was made anew: what is known of it is of another one."""
        with self._database.transaction():
            self._database.execute(
                "DELETE FROM contents WHERE number IN (SELECT number FROM letters WHERE dlq_topic = ?)", dlq_topic
            )
            self._database.execute("DELETE FROM letters WHERE dlq_topic = ?", dlq_topic)
            self._database.execute("DELETE FROM positions WHERE dlq_topic = ?", dlq_topic)

    def content(self, letter: Letter) -> FiledLetter:
        """The letter as it stands in its topic."""
        row = self._database.one("SELECT * FROM contents WHERE number = ?", letter.number)
        assert row is not None
        headers = tuple((name, _bytes(text)) for name, text in json.loads(row["headers"]))
        return FiledLetter.of(
            Record(
                topic=letter.dlq_topic,
                partition=letter.dlq_partition,
                offset=letter.dlq_offset,
                timestamp_ms=row["at_ms"],
                key=row["key"],
                value=row["value"],
                headers=headers,  # type: ignore[arg-type]
            )
        )

    def find(self, dlq_topic: str | None, wanted: LetterFilter, *, after: int = 0, limit: int = 100) -> list[Letter]:
        """In the order in which they were read; `after` is the number of the last one seen."""
        condition, values = wanted.condition(dlq_topic)
        sql = f"SELECT * FROM letters WHERE {condition} AND number > ? ORDER BY number LIMIT ?"
        return _letters(self._database.all(sql, *values, after, limit))

    def in_original_order(self, dlq_topic: str, wanted: LetterFilter) -> list[Letter]:
        """All of them, in the order in which their originals stood: per key the order of the records."""
        condition, values = wanted.condition(dlq_topic)
        sql = f"SELECT * FROM letters WHERE {condition} ORDER BY topic, partition, position, number"
        return _letters(self._database.all(sql, *values))

    def count(self, dlq_topic: str | None, wanted: LetterFilter) -> int:
        condition, values = wanted.condition(dlq_topic)
        return self._database.count(f"SELECT count(*) FROM letters WHERE {condition}", *values)

    def numbered(self, numbers: Sequence[int]) -> dict[int, Letter]:
        rows = (self._database.one("SELECT * FROM letters WHERE number = ?", number) for number in numbers)
        return {row["number"]: Letter(*row) for row in rows if row is not None}

    def of_same_original(self, letter: Letter) -> list[Letter]:
        """Letters of every group that failed on the same record, this one included."""
        if letter.position < 0:
            return [letter]
        rows = self._database.all(
            "SELECT * FROM letters WHERE topic = ? AND partition = ? AND position = ? AND dlq_topic = ?",
            letter.topic, letter.partition, letter.position, letter.dlq_topic,
        )  # fmt: skip
        return _letters(rows)

    def failed_again(self, replay_id: str, group: str | None) -> Letter | None:
        """The letter that a group wrote for a replayed record."""
        row = self._database.one(
            "SELECT * FROM letters WHERE replay_id = ? AND consumer_group IS ? LIMIT 1", replay_id, group
        )
        return None if row is None else Letter(*row)

    def standing(self) -> dict[str, dict[tuple[str, str], int]]:
        """DLQ topic → (status, category) → letters."""
        found: dict[str, dict[tuple[str, str], int]] = {}
        sql = (
            "SELECT dlq_topic, status, category, count(*) AS letters FROM letters GROUP BY dlq_topic, status, category"
        )
        for row in self._database.all(sql):
            found.setdefault(row["dlq_topic"], {})[row["status"], row["category"]] = row["letters"]
        return found

    def move(self, letters: Iterable[Letter], status: DlqStatus, now_ms: int, note: str | None = None) -> list[Change]:
        """Give letters another status; those that change."""
        changes = []
        with self._database.transaction():
            for letter in letters:
                row = self._database.one("SELECT * FROM letters WHERE number = ?", letter.number)
                if row is None or (row["status"] == status and row["note"] == note):
                    continue
                self._database.execute(
                    "UPDATE letters SET status = ?, changed_ms = ?, note = ? WHERE number = ?",
                    status.value, now_ms, note, letter.number,
                )  # fmt: skip
                now = self._database.one("SELECT * FROM letters WHERE number = ?", letter.number)
                assert now is not None
                if row["status"] != status:
                    changes.append(Change(Letter(*now), row["status"]))
        return changes

    def move_all(self, dlq_topic: str, wanted: LetterFilter, status: DlqStatus, now_ms: int, note: str | None) -> int:
        """The same for every letter that fits; how many."""
        condition, values = wanted.condition(dlq_topic)
        sql = f"UPDATE letters SET status = ?, changed_ms = ?, note = ? WHERE {condition}"
        return self._database.execute(sql, status.value, now_ms, note, *values).rowcount


def _letters(rows: Iterable[sqlite3.Row]) -> list[Letter]:
    return [Letter(*row) for row in rows]


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
