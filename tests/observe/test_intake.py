from __future__ import annotations

import pytest

from sandbox.errors import UsageError
from sandbox.observe.intake import FactBatch, Intake


@pytest.fixture
def intake(journal, clock) -> Intake:
    return Intake(journal, clock)


@pytest.fixture
def batch(served):
    def make(first: int, count: int, *, lost: int = 0, epoch: str = "e1", instance: str = "services") -> FactBatch:
        facts = [served(n).to_json() for n in range(first, first + count)]
        return FactBatch.from_json({"instance": instance, "epoch": epoch, "first": first, "lost": lost, "facts": facts})

    return make


def kinds_and_times(journal) -> list[tuple[str, int]]:
    return [(entry.kind, entry.data["at_ms"]) for entry in journal.read().entries]


def test_batches_go_to_the_journal_in_order_and_the_answer_asks_for_the_next(intake, journal, batch) -> None:
    assert intake.accept(batch(0, 3)) == 3
    assert intake.accept(batch(3, 2)) == 5
    assert [at for _, at in kinds_and_times(journal)] == [1_000, 1_001, 1_002, 1_003, 1_004]


def test_a_batch_sent_again_adds_nothing(intake, journal, batch) -> None:
    intake.accept(batch(0, 3))
    assert intake.accept(batch(0, 3)) == 3
    assert journal.last == 3


def test_a_batch_that_overlaps_adds_only_what_is_new(intake, journal, batch) -> None:
    intake.accept(batch(0, 3))
    assert intake.accept(batch(1, 4)) == 5
    assert [at for _, at in kinds_and_times(journal)] == [1_000, 1_001, 1_002, 1_003, 1_004]


def test_an_old_batch_never_moves_the_number_back(intake, batch) -> None:
    intake.accept(batch(0, 5))
    assert intake.accept(batch(1, 2)) == 5


def test_a_gap_becomes_a_fact_of_what_was_lost_once(intake, journal, batch) -> None:
    intake.accept(batch(0, 2))
    intake.accept(batch(5, 1, lost=3))
    intake.accept(batch(5, 1, lost=3))
    lost = [entry.data for entry in journal.read(kinds={"FactsLost"}).entries]
    assert [(fact["source"], fact["count"], fact["seq"]) for fact in lost] == [("services", 3, 3)]
    assert journal.counters.lost == 3


def test_a_new_engine_takes_a_running_sender_where_it_is(intake, journal, batch) -> None:
    assert intake.accept(batch(400, 2)) == 402
    assert journal.counters.lost == 0


def test_a_new_engine_hears_what_was_dropped_while_none_was_there(intake, journal, batch) -> None:
    intake.accept(batch(400, 2, lost=50))
    assert journal.counters.lost == 50


def test_a_restarted_process_begins_at_its_own_zero(intake, journal, batch) -> None:
    intake.accept(batch(0, 3, epoch="e1"))
    assert intake.accept(batch(0, 2, epoch="e2")) == 2
    assert intake.accept(batch(0, 1, epoch="e1", instance="capsule")) == 1
    assert journal.last == 6


def test_only_the_last_senders_are_remembered(journal, clock, batch) -> None:
    intake = Intake(journal, clock, limit_senders=2)
    for epoch in ("e1", "e2", "e3"):
        intake.accept(batch(0, 1, epoch=epoch))
    assert len(intake._next) == 2


def test_an_empty_batch_asks_where_the_engine_stands(intake, batch) -> None:
    intake.accept(batch(0, 3))
    assert intake.accept(batch(3, 0)) == 3


GOOD = {"kind": "FactsLost", "source": "capsule", "at_ms": 1, "count": 2}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"instance": ""}, "instance"),
        ({"epoch": 7}, "epoch"),
        ({"first": -1}, "first"),
        ({"first": True}, "first"),
        ({"lost": "0"}, "lost"),
        ({"facts": {}}, "facts"),
        ({"facts": [GOOD, 3]}, "facts[1]"),
        ({"facts": [{**GOOD, "kind": None}]}, "facts[0].kind"),
        ({"facts": [{**GOOD, "source": ""}]}, "facts[0].source"),
        ({"facts": [{**GOOD, "at_ms": 1.5}]}, "facts[0].at_ms"),
        ({"facts": [{**GOOD, "count": "two"}]}, "facts[0].count"),
        ({"facts": [{**GOOD, "count": None}]}, "facts[0].count"),
        ({"facts": [{**GOOD, "trace_id": 5}]}, "facts[0].trace_id"),
    ],
)
def test_a_malformed_batch_is_refused_whole_with_its_place(change, where) -> None:
    batch = {"instance": "services", "epoch": "e1", "first": 0, "lost": 0, "facts": [GOOD]}
    FactBatch.from_json(batch)
    with pytest.raises(UsageError) as raised:
        FactBatch.from_json({**batch, **change})
    assert raised.value.where == where


@pytest.mark.parametrize("body", [None, [], "facts", 3])
def test_a_batch_is_an_object(body) -> None:
    with pytest.raises(UsageError):
        FactBatch.from_json(body)


def test_a_fact_of_a_newer_service_is_kept_as_it_is(intake, journal) -> None:
    fact = {"kind": "TeapotBoiled", "source": "capsule", "at_ms": 1, "litres": 2}
    intake.accept(FactBatch.from_json({"instance": "s", "epoch": "e", "first": 0, "lost": 0, "facts": [fact]}))
    (entry,) = journal.read().entries
    assert entry.data == {"seq": 1, **fact}
    with pytest.raises(ValueError, match="TeapotBoiled"):
        entry.fact()
