"""What holds of every kind of fault."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.faults import FAULTS
from sandbox.faults.applied import AppliedFault
from sandbox.faults.fault import Fault
from sandbox.faults.points import SERVICES
from sandbox.faults.reading import read_fault

LEAST: dict[str, dict[str, Any]] = {
    "auth-outage": {},
    "empty-response": {},
    "hang": {},
    "http-status": {"status": 503},
    "latency": {"ms": 200},
    "malformed-body": {},
    "plan-step-failure": {},
    "rate-limit": {"query": 5},
    "reset": {},
    "schema-incompatible": {},
    "schema-unknown": {},
    "slow-body": {"over": "5s"},
    "truncated-body": {},
    "consumer-failure": {"category": "VALIDATION"},
    "consumer-slow": {"ms": 200},
    "consumer-pause": {},
    "consumer-crash": {},
    "poison-record": {},
    "duplicate-record": {},
    "reorder-records": {},
    "ws-close": {},
    "ws-drop": {},
    "ws-duplicate": {},
    "ws-reorder": {},
    "ws-stall": {},
    "edge-partition": {},
    "edge-latency": {"ms": 200},
    "broker-stop": {},
    "broker-pause": {},
    "broker-kill": {},
    "broker-restart": {},
    "service-stop": {},
    "service-crash": {},
    "service-restart": {},
}
"""The parameters that each kind cannot do without."""
every = pytest.mark.parametrize("kind", FAULTS)


def test_the_table_holds_every_kind_that_there_is() -> None:
    assert set(FAULTS) == set(LEAST)
    assert set(FAULTS.values()) == {each for each in _below(Fault) if hasattr(each, "kind")}


def _below(kind: type[Fault]) -> set[type[Fault]]:
    return {each for below in kind.__subclasses__() for each in (below, *_below(below))}


@every
def test_a_kind_is_named_in_kebab_case_and_has_a_file_of_that_name(kind: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind)
    assert Path(str(sys.modules[FAULTS[kind].__module__].__file__)).stem == kind.replace("-", "_")


@every
def test_a_kind_and_each_of_its_parameters_say_what_they_do(kind: str) -> None:
    schema = FAULTS[kind].model_json_schema(by_alias=True)
    assert schema["description"] and FAULTS[kind].point in SERVICES
    assert set(schema["properties"]) == set(FAULTS[kind].parameters())
    assert all(each["description"] for each in schema["properties"].values())
    assert "$ref" not in str(schema), "a form, or the schema of scenarios, takes each parameter by itself"
    assert {"probability", "seed", "first", "duration", "begins-in"} < set(FAULTS[kind].parameters())


@every
def test_a_kind_acts_on_services_that_have_its_point(kind: str) -> None:
    assert FAULTS[kind].acts_on() and set(FAULTS[kind].acts_on()) <= set(SERVICES[FAULTS[kind].point])


@every
def test_a_fault_reads_what_it_says_of_itself(kind: str) -> None:
    fault = read_fault(kind, {**LEAST[kind], "first": 3, "probability": 0.5})
    words = fault.describe().split()
    assert words[0] == kind
    said = dict(zip((each.removeprefix("--") for each in words[1::2]), words[2::2], strict=True))
    assert read_fault(kind, said) == fault


@every
def test_an_unknown_parameter_is_refused(kind: str) -> None:
    with pytest.raises(Exception, match="no parameter 'colour'"):
        read_fault(kind, {**LEAST[kind], "colour": "red"})


@every
def test_nothing_is_struck_once_it_is_removed(kind: str, apply: Callable[..., AppliedFault], hit: Any) -> None:
    applied = apply(kind, **LEAST[kind])
    assert applied.strikes(hit(applied))
    applied.remove()
    assert not applied.strikes(hit(applied))
    assert applied.hits == 1
