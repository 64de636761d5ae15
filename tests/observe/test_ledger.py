from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.events.facts import DlqRecordWritten, FactsLost, RetryScheduled
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.observe.reading import PartitionReading

WHERE = {"group": "capsule", "topic": "rim.fast-path", "partition": 0, "category": "UNKNOWN", "error": "ValueError"}


@pytest.fixture
def ledger(journal) -> Ledger:
    return Ledger(journal)


def test_every_finished_record_is_in_one_outcome_of_its_group(journal, ledger, consumed) -> None:
    for offset, outcome in enumerate(["processed", "processed", "dead_lettered", "skipped", "duplicate"]):
        journal.append(consumed(offset, outcome))
    journal.append(consumed(0, group="audit"))
    groups = ledger.to_json()["groups"]
    capsule = groups["capsule"]
    assert [capsule[outcome] for outcome in ("processed", "dead_lettered", "skipped", "duplicate")] == [2, 1, 1, 1]
    assert (capsule["finished"], groups["audit"]["finished"]) == (5, 1)


def test_what_is_produced_and_not_finished_is_in_flight(journal, ledger, produced, consumed) -> None:
    for offset in range(5):
        journal.append(produced(offset))
    journal.append(consumed(0))
    journal.append(consumed(1))
    assert ledger.lag("capsule") == 3
    assert ledger.to_json()["groups"]["capsule"]["lag"] == {"rim.fast-path": 3}
    assert ledger.lag("nobody") == 0


def test_partitions_are_added_up(journal, ledger, produced, consumed) -> None:
    for partition in range(3):
        for offset in range(4):
            journal.append(produced(offset, partition=partition))
    journal.append(consumed(0, partition=1))
    journal.append(consumed(1, partition=1))
    assert ledger.lag("capsule") == 4 + 2 + 4


def test_records_of_an_earlier_life_are_no_lag(journal, ledger, produced, consumed) -> None:
    ledger.subscribe("capsule", ["rim.fast-path"])
    journal.append(produced(1_000))
    assert ledger.lag("capsule") == 1
    journal.append(consumed(1_000))
    assert ledger.lag("capsule") == 0


def test_facts_of_consumers_may_come_before_those_of_producers(journal, ledger, produced, consumed) -> None:
    journal.append(consumed(7))
    journal.append(produced(7))
    journal.append(produced(6))
    assert ledger.lag("capsule") == 0


def test_a_subscription_that_nothing_was_read_from_counts(journal, ledger, produced) -> None:
    ledger.subscribe("audit", ["rim.fast-path"])
    journal.append(produced(0))
    journal.append(produced(0, topic="perception.events"))
    assert ledger.to_json()["groups"]["audit"]["in_flight"] == 1


def test_kafkas_own_ends_and_positions_are_taken(journal, ledger, consumed) -> None:
    ledger.position("capsule", "rim.fast-path", 0, 90)
    ledger.end_offset("rim.fast-path", 0, 100, begin=0)
    assert ledger.lag("capsule") == 10
    journal.append(consumed(90))
    assert ledger.lag("capsule") == 9
    ledger.end_offset("rim.fast-path", 0, 95)
    assert ledger.lag("capsule") == 9


def test_a_record_finished_again_is_counted_and_moves_nothing_back(journal, ledger, produced, consumed) -> None:
    for offset in range(3):
        journal.append(produced(offset))
        journal.append(consumed(offset))
    journal.append(consumed(0, "duplicate"))
    account = ledger.account("capsule")
    assert (account.redelivered, account.outcomes["duplicate"], ledger.lag("capsule")) == (1, 1, 0)


def test_retries_and_dead_letters_are_counted_by_group_and_category(journal, ledger, consumed) -> None:
    for retry in (1, 2, 3):
        journal.append(RetryScheduled(at_ms=1, source="capsule", offset=4, retry=retry, wait_ms=1.0, **WHERE))
    journal.append(DlqRecordWritten(at_ms=1, source="capsule", offset=4, dlq_id="d1", retries=3, **WHERE))
    journal.append(consumed(4, "dead_lettered"))
    row = ledger.to_json()["groups"]["capsule"]
    assert (row["retries"], row["dlq_written"], row["dead_lettered"]) == (3, 1, 1)
    assert row["dlq_by_category"] == {"UNKNOWN": 1}


def test_the_ledger_stays_exact_when_the_journal_drops_facts(consumed) -> None:
    journal = Journal(limit_bytes=1_000)
    ledger = Ledger(journal)
    for offset in range(300):
        journal.append(consumed(offset))
    assert journal.first > 290
    assert ledger.account("capsule").outcomes["processed"] == 300


def test_the_ledger_says_when_facts_never_arrived(journal, ledger) -> None:
    journal.append(FactsLost(at_ms=1, source="services", count=4))
    assert ledger.to_json()["lost"] == 4


def test_records_finished_out_of_order_are_counted_as_what_they_are(journal, ledger, produced, consumed) -> None:
    for offset in range(6):
        journal.append(produced(offset))
    for offset, left in ((3, 5), (1, 4), (0, 3), (5, 2), (2, 1), (4, 0)):
        journal.append(consumed(offset))
        assert ledger.lag("capsule") == left
    assert ledger.account("capsule").redelivered == 0


def test_the_first_fact_need_not_be_of_the_first_record(journal, ledger, consumed) -> None:
    ledger.position("capsule", "rim.fast-path", 0, 500)
    ledger.end_offset("rim.fast-path", 0, 504, begin=0)
    for offset in (502, 500, 503, 501):
        journal.append(consumed(offset))
    assert (ledger.lag("capsule"), ledger.account("capsule").redelivered) == (0, 0)


def test_a_record_on_its_way_when_kafka_was_asked_is_no_redelivery(journal, ledger, consumed) -> None:
    ledger.position("capsule", "rim.fast-path", 0, 4)
    ledger.end_offset("rim.fast-path", 0, 5, begin=0)
    for offset in (2, 3, 4):
        journal.append(consumed(offset))
    assert (ledger.lag("capsule"), ledger.account("capsule").redelivered) == (0, 0)


def test_an_offset_without_a_record_does_not_stay_in_flight(journal, ledger, consumed) -> None:
    ledger.end_offset("rim.fast-path", 0, 6, begin=0)
    ledger.position("capsule", "rim.fast-path", 0, 0)
    for offset in (0, 1, 3, 4):
        journal.append(consumed(offset))
    assert ledger.lag("capsule") == 2
    assert ledger.wants_position("capsule", [("rim.fast-path", 0)])
    ledger.position("capsule", "rim.fast-path", 0, 5)
    assert ledger.lag("capsule") == 1
    ledger.position("capsule", "rim.fast-path", 0, 5)
    assert not ledger.wants_position("capsule", [("rim.fast-path", 0)])
    assert ledger.to_json()["groups"]["capsule"]["lost"] == 1, "it was a record, or it never was one"
    journal.append(consumed(5))
    assert (ledger.lag("capsule"), ledger.account("capsule").redelivered) == (0, 0)


def test_a_group_that_was_set_back_has_its_lag_again(journal, ledger, produced, consumed) -> None:
    for offset in range(4):
        journal.append(produced(offset))
        journal.append(consumed(offset))
    ledger.moved("capsule", "rim.fast-path", 0, 1)
    assert ledger.lag("capsule") == 3
    for offset in (2, 1, 3):
        journal.append(consumed(offset, "duplicate"))
    account = ledger.account("capsule")
    assert (ledger.lag("capsule"), account.redelivered, account.outcomes["duplicate"]) == (0, 3, 3)
    ledger.moved("capsule", "rim.fast-path", 0, 4)
    assert ledger.lag("capsule") == 0
    assert ledger.to_json()["groups"]["capsule"]["lost"] == 0


def test_an_offset_that_was_passed_over_is_lost_once_however_often_it_is_passed(journal, ledger, consumed) -> None:
    ledger.position("capsule", "rim.fast-path", 0, 0)
    for _ in range(2):
        for offset in (0, 2, 3):
            journal.append(consumed(offset))
        for _ in range(2):
            ledger.position("capsule", "rim.fast-path", 0, 4)
        assert ledger.to_json()["groups"]["capsule"]["lost"] == 1
        ledger.moved("capsule", "rim.fast-path", 0, 0)


def test_a_duplicate_that_a_replay_brought_is_named_as_one(journal, ledger, consumed) -> None:
    journal.append(consumed(0))
    journal.append(replace(consumed(1, "duplicate"), replay_id="r-1"))
    journal.append(replace(consumed(1, "duplicate"), replay_id="r-1"))
    journal.append(replace(consumed(2), replay_id="r-2"))
    row = ledger.to_json()["groups"]["capsule"]
    assert (row["processed"], row["replay_duplicate"], row["duplicate"]) == (2, 1, 1), "the second copy is a redelivery"
    assert (row["replayed"], row["redelivered"], row["finished"]) == (3, 1, 4)


@given(st.permutations(list(range(8))), st.sets(st.integers(0, 7)))
def test_whatever_the_order_finished_and_in_flight_add_up(order, missing) -> None:
    reading = PartitionReading()
    finished = [offset for offset in order if offset not in missing]
    for number, offset in enumerate(finished, start=1):
        assert not reading.finish(offset, 0)
        assert reading.unfinished(8, 0) == 8 - number
    assert all(reading.finish(offset, 0) for offset in finished)
