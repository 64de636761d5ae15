"""The faults of one process of services, over services that answer for real."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.fault_request import FaultRequest
from sandbox.errors import Conflict, UnknownName, UsageError
from sandbox.runtime.service_faults import ServiceFaults


class Facts:
    def __init__(self) -> None:
        self.kinds: list[str] = []

    def record(self, fact: Any) -> None:
        self.kinds.append(fact.kind)


@pytest.fixture
def served() -> dict[str, Any]:
    return {
        "capsule": SimpleNamespace(interceptors=[], service=SimpleNamespace()),
        "plato": SimpleNamespace(interceptors=[], service=SimpleNamespace(step_faults=[])),
        "audit": SimpleNamespace(interceptors=None, service=SimpleNamespace()),
    }


@pytest.fixture
def faults(served: dict[str, Any]) -> ServiceFaults:
    return ServiceFaults(served, ManualClock(), Facts())


def outage(on: str = "capsule", **more: Any) -> FaultRequest:
    return FaultRequest(kind="http-status", on=on, parameters={"status": 503}, **more)


def test_a_fault_stands_at_its_point_until_it_is_removed(faults: ServiceFaults, served: dict[str, Any]) -> None:
    made = faults.add(outage())
    assert (made["id"], made["on"], made["hits"]) == ("http-status-capsule-1", "capsule", 0)
    assert len(served["capsule"].interceptors) == 1 and faults.list() == [made]
    assert faults.remove(made["id"])["id"] == made["id"]
    assert served["capsule"].interceptors == [] and faults.list() == []


def test_steps_of_plans_are_a_point_of_their_own(faults: ServiceFaults, served: dict[str, Any]) -> None:
    faults.add(FaultRequest(kind="plan-step-failure", on="plato", id="stale"))
    (hook,) = served["plato"].service.step_faults
    assert hook(SimpleNamespace(plan_id="p"), SimpleNamespace(step_id="decide", action="decide"))
    assert faults.remove("stale")["hits"] == 1
    assert served["plato"].service.step_faults == []


def test_others_stay_when_one_goes(faults: ServiceFaults, served: dict[str, Any]) -> None:
    first, second = faults.add(outage()), faults.add(outage())
    faults.remove(first["id"])
    assert [each["id"] for each in faults.list()] == [second["id"]]
    assert len(served["capsule"].interceptors) == 1


def test_all_go_at_once_or_those_of_some_services(faults: ServiceFaults) -> None:
    faults.add(outage(id="a"))
    faults.add(outage("plato", id="b"))
    assert [each["id"] for each in faults.remove_all(["plato"])] == ["b"]
    assert [each["id"] for each in faults.remove_all()] == ["a"]
    assert faults.remove_all() == []


def test_an_id_is_given_once(faults: ServiceFaults) -> None:
    faults.add(outage(id="outage"))
    with pytest.raises(Conflict, match="a fault 'outage' already"):
        faults.add(outage(id="outage"))
    assert len(faults.list()) == 1


@pytest.mark.parametrize(
    ("on", "kind", "parameters", "error", "hint"),
    [
        ("odyssey", "http-status", {"status": 503}, UnknownName, "choose from capsule, plato"),
        ("audit", "http-status", {"status": 503}, UsageError, "it acts on capsule, odyssey, plato"),
        ("capsule", "plan-step-failure", {}, UsageError, "it acts on plato; on capsule act"),
        ("capsule", "http-statu", {}, UnknownName, "did you mean http-status?"),
    ],
)
def test_where_it_cannot_stand_it_is_refused_with_the_way_out(
    on: str, kind: str, parameters: dict[str, Any], error: Any, hint: str, faults: ServiceFaults
) -> None:
    with pytest.raises(error) as caught:
        faults.add(FaultRequest(kind=kind, on=on, parameters=parameters))
    assert caught.value.hint.startswith(hint)
    assert faults.list() == []


def test_an_unknown_id_names_those_that_there_are(faults: ServiceFaults) -> None:
    faults.add(outage(id="outage"))
    with pytest.raises(UnknownName) as caught:
        faults.remove("other")
    assert caught.value.hint == "there are outage"


async def test_one_whose_time_is_up_is_gone_from_its_place_and_its_id_is_free(
    served: dict[str, Any],
) -> None:
    clock = ManualClock()
    faults = ServiceFaults(served, clock, Facts())
    short = FaultRequest(kind="latency", on="capsule", id="short", parameters={"ms": 1, "duration": "2s"})
    faults.add(short)
    await clock.advance(2)
    assert faults.list() == [] and served["capsule"].interceptors == []
    faults.add(short)
    assert faults.remove("short")["acting"] is False
    await clock.advance(2)
    assert asyncio.all_tasks() == {asyncio.current_task()}
