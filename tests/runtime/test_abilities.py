"""What a sandbox has, as its plan tells."""

import pytest

from sandbox.runtime.abilities import lack
from sandbox.runtime.plan import EnginePlan
from sandbox.scenarios.model.scenario import NEEDS


def plan(runtime: str = "embedded") -> EnginePlan:
    return EnginePlan(
        name="s", runtime=runtime, state_dir="/s", cache_dir="/c", ports={}, replace={"capsule": "http://localhost:9"},
        processes={"services": ["schema-registry", "odyssey", "audit"]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("need", "reason"),
    [
        ("odyssey", None), ("own odyssey", None), ("capsule", None), ("plato", "this sandbox is without plato"),
        ("own plato", "this sandbox is without plato"),
        ("own capsule", "capsule is not the sandbox's own: http://localhost:9 stands in for it"),
        ("broker-control", None), ("process-control", None), ("logs", None),
        ("network-edge", "nothing lies between the services on the embedded runtime"), ("own mars", None),
    ],
)  # fmt: skip
def test_services_and_abilities_are_there_or_the_reason_is_told(need: str, reason: str | None) -> None:
    assert lack(need, plan()) == reason


def test_every_need_that_a_scenario_can_name_is_known() -> None:
    here = EnginePlan(name="s", runtime="docker", state_dir="/s", cache_dir="/c", ports={}, processes={"services": []})
    assert {need for need in NEEDS if lack(need, here) is None} == {
        "broker-control", "process-control", "network-edge", "logs",
    }  # fmt: skip
    assert lack("broker-control", plan("attach")) == "the broker is not the sandbox's own"
