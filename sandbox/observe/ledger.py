"""The ledger: what each consumer group did with the records it was given, from the facts, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.observe.journal import Journal
from sandbox.observe.reading import PartitionReading

__all__ = ["GroupAccount", "Ledger"]

OUTCOMES = ("processed", "dead_lettered", "skipped", "duplicate", "replay_duplicate")

_Partition = tuple[str, int]


@dataclass(slots=True)
class GroupAccount:
    """One group's numbers. `outcomes` counts finished records, a duplicate that a replay of dead letters brought apart.

    The row's `lost` counts offsets that the group has committed past without finishing them: of a topic without
    transactions and compaction, whose markers and gaps count too, these are lost records.
    `redelivered` counts records finished again at the same place: a killed member, a rebalance or a reset of offsets
    brought them back. `replayed` counts all that came by a replay, whatever their outcome.
    """

    group: str
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    topics: set[str] = field(default_factory=set)
    readings: dict[_Partition, PartitionReading] = field(default_factory=dict)
    redelivered: int = 0
    replayed: int = 0
    retries: int = 0
    dlq_written: int = 0
    dlq_by_category: dict[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        return sum(self.outcomes.values())

    def reading(self, at: _Partition) -> PartitionReading:
        found = self.readings.get(at)
        if found is None:
            found = self.readings[at] = PartitionReading()
        return found


class Ledger:
    """Follows the journal from its start. `lag` and `in_flight` need to know where partitions end: from RecordProduced
    facts, or told by whoever asks Kafka (`end_offset`). Every record of a group is finished with one outcome, or in
    flight.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._groups: dict[str, GroupAccount] = {}
        self._ends: dict[_Partition, int] = {}
        self._begins: dict[_Partition, int] = {}
        self._observers = {
            "RecordProduced": self._produced,
            "RecordConsumed": self._consumed,
            "RetryScheduled": self._retried,
            "DlqRecordWritten": self._dead_lettered,
        }
        journal.follow(self.observe)

    def observe(self, fact: Mapping[str, Any]) -> None:
        observer = self._observers.get(fact["kind"])
        if observer is not None:
            observer(fact)

    def subscribe(self, group: str, topics: Iterable[str]) -> None:
        """Say that `group` reads `topics`, so that records nobody has finished yet count for it."""
        self._account(group).topics.update(topics)

    def end_offset(self, topic: str, partition: int, end: int, *, begin: int | None = None) -> None:
        """Where a partition ends (its next offset) and begins, as Kafka says."""
        at = (topic, partition)
        self._ends[at] = max(end, self._ends.get(at, 0))
        if begin is not None:
            self._begins[at] = begin

    def position(self, group: str, topic: str, partition: int, offset: int) -> None:
        """What a group has committed (its next offset), as Kafka says; before the first fact, where it stood."""
        account = self._account(group)
        account.topics.add(topic)
        account.reading((topic, partition)).stands_at(offset)

    def moved(self, group: str, topic: str, partition: int, offset: int) -> None:
        """Somebody has set the group's offset: its lag counts from there."""
        self._account(group).reading((topic, partition)).moved_to(offset)

    def begin_anew(self) -> None:
        """Everything was emptied: nothing is owed to anybody any more."""
        self._groups.clear()
        self._ends.clear()
        self._begins.clear()

    def wants_position(self, group: str, partitions: Iterable[tuple[str, int]]) -> bool:
        """Whether what the group has committed there would tell something that the facts do not."""
        readings = self._account(group).readings
        return any(at not in readings or readings[at].is_open for at in partitions)

    def lag(self, group: str) -> int:
        """Records of the group's topics that it has not finished; 0 for a group nobody has heard of."""
        account = self._groups.get(group)
        return sum(self._lags(account).values()) if account else 0

    def account(self, group: str) -> GroupAccount | None:
        return self._groups.get(group)

    def to_json(self) -> dict[str, Any]:
        """`{"groups": {group: {…}}, "lost": n}`; with `lost` above 0 the numbers are at least what they say."""
        return {
            "lost": self._journal.counters.lost,
            "groups": {group: self._row(account) for group, account in sorted(self._groups.items())},
        }

    def _row(self, account: GroupAccount) -> dict[str, Any]:
        lags = self._lags(account)
        lag_by_topic: dict[str, int] = dict.fromkeys(sorted(account.topics), 0)
        for (topic, _), lag in lags.items():
            lag_by_topic[topic] += lag
        return {
            **account.outcomes,
            "finished": account.finished,
            "in_flight": sum(lags.values()),
            "lost": sum(reading.passed_over for reading in account.readings.values()),
            "lag": lag_by_topic,
            "retries": account.retries,
            "redelivered": account.redelivered,
            "replayed": account.replayed,
            "dlq_written": account.dlq_written,
            "dlq_by_category": dict(sorted(account.dlq_by_category.items())),
        }

    def _lags(self, account: GroupAccount) -> dict[_Partition, int]:
        lags: dict[_Partition, int] = {}
        for at, end in self._ends.items():
            if at[0] in account.topics:
                begin, reading = self._begins.get(at, 0), account.readings.get(at)
                lags[at] = max(0, end - begin) if reading is None else reading.unfinished(end, begin)
        return lags

    def _account(self, group: str) -> GroupAccount:
        account = self._groups.get(group)
        if account is None:
            account = self._groups[group] = GroupAccount(group)
        return account

    def _seen(self, at: _Partition, offset: int) -> None:
        # Data kept from an earlier life is no lag: for the ledger a partition begins at the lowest offset it saw.
        self._begins[at] = min(self._begins.get(at, offset), offset)
        self._ends[at] = max(self._ends.get(at, 0), offset + 1)

    def _produced(self, fact: Mapping[str, Any]) -> None:
        self._seen((fact["topic"], fact["partition"]), fact["offset"])

    def _consumed(self, fact: Mapping[str, Any]) -> None:
        account = self._account(fact["group"])
        account.topics.add(fact["topic"])
        at, offset, outcome = (fact["topic"], fact["partition"]), fact["offset"], fact["outcome"]
        again = account.reading(at).finish(offset, self._begins.get(at))
        account.redelivered += again
        if "replay_id" in fact:
            account.replayed += 1
            if outcome == "duplicate" and not again:
                outcome = "replay_duplicate"
        account.outcomes[outcome] = account.outcomes.get(outcome, 0) + 1
        self._seen(at, offset)

    def _retried(self, fact: Mapping[str, Any]) -> None:
        self._account(fact["group"]).retries += 1

    def _dead_lettered(self, fact: Mapping[str, Any]) -> None:
        account = self._account(fact["group"])
        account.dlq_written += 1
        category = fact["category"]
        account.dlq_by_category[category] = account.dlq_by_category.get(category, 0) + 1
