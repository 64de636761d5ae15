from __future__ import annotations

from sandbox.events.facts import FactsLost
from sandbox.observe.counters import Counters
from sandbox.observe.journal import Journal


def test_counts_agree_whatever_they_are_summed_over(journal, served, consumed) -> None:
    for status in (200, 201, 404, 503):
        journal.append(served(status=status))
    journal.append(served(source="plato"))
    journal.append(consumed(0))
    journal.append(consumed(1, "dead_lettered"))
    counters = journal.counters
    assert counters.total == counters.count() == 7
    assert counters.count("RequestServed") == 5
    assert counters.count("RequestServed", "capsule") == 4
    assert counters.count("RequestServed", status_class="2xx") == 3
    assert counters.count("RecordConsumed", group="capsule", outcome="dead_lettered") == 1
    assert counters.count(group="capsule") == 2
    assert counters.count("RequestServed", group="capsule") == 0


def test_counts_outlive_the_facts(served) -> None:
    journal = Journal(limit_bytes=1_000)
    for n in range(500):
        journal.append(served(n))
    assert journal.first > 490
    assert journal.counters.count("RequestServed") == 500


def test_a_call_without_an_answer_is_counted_apart() -> None:
    counters = Counters()
    counters.add({"kind": "DownstreamCalled", "source": "odyssey", "target": "capsule", "status": None})
    assert counters.count("DownstreamCalled", target="capsule", status_class="none") == 1


def test_beyond_the_limit_of_combinations_sums_stay_exact() -> None:
    counters = Counters(limit_keys=3)
    for n in range(10):
        counters.add({"kind": "RecordProduced", "source": "capsule", "topic": f"t{n}"})
    assert counters.count("RecordProduced") == 10
    assert counters.count("RecordProduced", topic="t0") == 1
    assert counters.count("RecordProduced", topic="(other)") == 7


def test_the_answer_shows_every_combination_and_what_was_lost(journal, served) -> None:
    journal.append(served())
    journal.append(FactsLost(at_ms=1, source="services", count=5))
    journal.append(FactsLost(at_ms=1, source="services", count=2))
    found = journal.counters.to_json()
    assert (found["total"], found["lost"]) == (3, 7)
    assert found["kinds"] == {"RequestServed": 1, "FactsLost": 2}
    assert found["rows"][1] == {
        "kind": "RequestServed",
        "source": "capsule",
        "labels": {"method": "GET", "route": "/api/v1/capsules/{id}", "status_class": "2xx"},
        "count": 1,
    }
