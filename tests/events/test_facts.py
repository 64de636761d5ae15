from dataclasses import fields

import pytest

from sandbox.events import facts
from sandbox.events.facts import FACTS, Fact, RecordProduced, fact_from_json


def test_a_fact_survives_the_wire() -> None:
    fact = RecordProduced(
        at_ms=1,
        source="capsule",
        topic="capsule.snapshots",
        partition=3,
        offset=9,
        key="k",
        size_bytes=80,
        request_id="r",
    )
    assert fact_from_json(fact.to_json()) == fact
    assert fact.to_json()["kind"] == "RecordProduced" and "trace_id" not in fact.to_json()


def test_every_kind_is_known_by_its_name() -> None:
    others = {"FACTS", "Fact", "FactSink", "fact_from_json", "trace_fields"}
    assert FACTS.keys() == set(facts.__all__) - others
    assert all(name == kind.__name__ for name, kind in FACTS.items())


def test_members_of_a_newer_version_are_ignored() -> None:
    data = {"kind": "CallNotPermitted", "at_ms": 1, "source": "odyssey", "breaker": "capsule", "later": True}
    assert fact_from_json(data).breaker == "capsule"  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [{}, {"kind": "Nothing"}, {"kind": "CallNotPermitted", "at_ms": 1, "source": "x"}])
def test_an_unknown_or_incomplete_fact_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"unknown kind|CallNotPermitted"):
        fact_from_json(data)


@pytest.mark.parametrize("kind", FACTS.values(), ids=lambda kind: kind.__name__)
def test_what_may_be_none_may_be_absent_on_the_wire(kind: type[Fact]) -> None:
    optional = {each.name for each in fields(kind) if "None" in str(each.type)}
    given = {each.name: "x" for each in fields(kind) if each.name not in optional}
    assert all(getattr(fact_from_json({"kind": kind.__name__, **given}), name) is None for name in optional)
