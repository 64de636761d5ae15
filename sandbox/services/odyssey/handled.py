"""Which records ODYSSEY has handled, and how far it got with those it has not finished."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.contracts.delivery import Delivery
from sandbox.services.database import Database

__all__ = ["DONE", "PLANNED", "SEEN", "Handled", "HandledRecords"]

SEEN, PLANNED, DONE = "SEEN", "PLANNED", "DONE"
"""The world knows the record · PLATO has the plan · nothing is left to do."""
REPLAY_HEADER = "dlq-replay-id"
KEPT = 500_000
_IDENTITY_FIELD: Mapping[str, str] = {"capsule.snapshots": "capsule_id"}


@dataclass(frozen=True, slots=True)
class Handled:
    """`number` names the row; `plan_id` is the plan that the record leads to, if any."""

    number: int
    stage: str
    plan_id: str | None


class HandledRecords:
    """A record with an event id is the same wherever it stands, so a replayed or republished one is a duplicate.

    One without is the same at the same place, and anywhere when it comes by a replay from the dead letters.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, tenant: str, delivery: Delivery) -> Handled | None:
        topic, place = delivery.record.topic, _place(delivery)
        identity, anywhere = identity_of(delivery)
        where = "SELECT number, stage, plan_id FROM handled WHERE tenant = ? AND topic = ? AND identity = ?"
        if anywhere:
            row = self._database.one(f"{where} LIMIT 1", tenant, topic, identity)
        else:
            row = self._database.one(f"{where} AND place = ?", tenant, topic, identity, place)
        return Handled(row["number"], row["stage"], row["plan_id"]) if row else None

    def add(self, tenant: str, delivery: Delivery, stage: str, plan_id: str | None = None) -> Handled:
        identity, _ = identity_of(delivery)
        cursor = self._database.execute(
            "INSERT INTO handled (tenant, topic, identity, place, stage, plan_id) VALUES (?, ?, ?, ?, ?, ?)",
            tenant, delivery.record.topic, identity, _place(delivery), stage, plan_id,
        )  # fmt: skip
        number = cursor.lastrowid or 0
        if number % 1_000 == 0:
            self._database.execute("DELETE FROM handled WHERE number <= ?", number - KEPT)
        return Handled(number, stage, plan_id)

    def advance(self, handled: Handled, stage: str, plan_id: str | None = None) -> None:
        self._database.execute(
            "UPDATE handled SET stage = ?, plan_id = coalesce(?, plan_id) WHERE number = ?",
            stage, plan_id, handled.number,
        )  # fmt: skip

    def count(self) -> int:
        return self._database.count("SELECT coalesce(max(number), 0) FROM handled")


def identity_of(delivery: Delivery) -> tuple[str, bool]:
    """`(identity, whether it tells the record apart wherever it stands)`."""
    field = _IDENTITY_FIELD.get(delivery.record.topic, "event_id")
    named = (delivery.value or {}).get(field)
    if named:
        return str(named), True
    replayed = any(name == REPLAY_HEADER for name, _ in delivery.record.headers)
    return "sha256:" + hashlib.sha256(delivery.record.value or b"").hexdigest(), replayed


def _place(delivery: Delivery) -> str:
    return f"{delivery.record.partition}@{delivery.record.offset}"
