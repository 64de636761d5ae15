"""The ledger learns from Kafka what the facts do not say."""

from __future__ import annotations

from typing import Any

from sandbox.events.facts import RecordConsumed
from sandbox.kafka.reader import PartitionOffsets
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.runtime.ledger_feed import LedgerFeed

GROUPS = {"capsule": {"topics": ["rim.fast-path"]}, "audit": {"topics": ["rim.fast-path", "plato.plans"]}}


class Admin:
    """Two topics of one partition; remembers which groups it was asked about."""

    def __init__(self) -> None:
        self.ends = {"rim.fast-path": 10, "plato.plans": 4}
        self.commits: dict[str, dict[tuple[str, int], int]] = {"capsule": {("rim.fast-path", 0): 8}, "audit": {}}
        self.asked: list[list[str]] = []

    async def offsets(self, topics: list[str]) -> list[PartitionOffsets]:
        return [PartitionOffsets(topic, 0, 2, self.ends[topic]) for topic in topics]

    async def committed(self, groups: list[str]) -> dict[str, dict[tuple[str, int], int]]:
        self.asked.append(list(groups))
        return {group: self.commits[group] for group in groups}


def consumed(group: str, topic: str, offset: int) -> RecordConsumed:
    return RecordConsumed(
        at_ms=1, source=group, group=group, topic=topic, partition=0, offset=offset, outcome="processed", took_ms=1
    )


def lags(ledger: Ledger) -> dict[str, Any]:
    return {group: row["in_flight"] for group, row in ledger.to_json()["groups"].items()}


async def test_what_groups_had_not_read_before_the_engine_started_is_in_flight() -> None:
    ledger, admin = Ledger(Journal()), Admin()
    await LedgerFeed(ledger, None, lambda: GROUPS).look(admin)  # type: ignore[arg-type]
    assert lags(ledger) == {"capsule": 2, "audit": 8 + 2}
    admin.ends["rim.fast-path"] = 13
    await LedgerFeed(ledger, None, lambda: GROUPS).look(admin)  # type: ignore[arg-type]
    assert lags(ledger) == {"capsule": 5, "audit": 11 + 2}, "records of strangers, which make no facts, count"


async def test_groups_are_asked_about_only_while_that_tells_something() -> None:
    journal = Journal()
    ledger, admin = Ledger(journal), Admin()
    feed = LedgerFeed(ledger, None, lambda: GROUPS)  # type: ignore[arg-type]
    for _ in range(3):
        await feed.look(admin)  # type: ignore[arg-type]
    assert admin.asked[0] == ["capsule", "audit"]
    assert admin.asked[-1] == []
    journal.append(consumed("capsule", "rim.fast-path", 9))
    await feed.look(admin)  # type: ignore[arg-type]
    assert admin.asked[-1] == ["capsule"], "record 8 is missing"
    journal.append(consumed("capsule", "rim.fast-path", 8))
    await feed.look(admin)  # type: ignore[arg-type]
    assert admin.asked[-1] == []
    assert lags(ledger)["capsule"] == 0


async def test_an_answer_from_before_a_group_was_set_back_is_not_taken() -> None:
    journal = Journal()
    ledger, admin = Ledger(journal), Admin()
    feed = LedgerFeed(ledger, None, lambda: GROUPS)  # type: ignore[arg-type]
    await feed.look(admin)  # type: ignore[arg-type]
    journal.append(consumed("capsule", "rim.fast-path", 9))

    class Slow(Admin):
        async def committed(self, groups: list[str]) -> dict[str, dict[tuple[str, int], int]]:
            found = await super().committed(groups)
            ledger.moved("capsule", "rim.fast-path", 0, 2)
            return found

    slow = Slow()
    await feed.look(slow)  # type: ignore[arg-type]
    assert slow.asked == [["capsule"]]
    assert lags(ledger)["capsule"] == 8
