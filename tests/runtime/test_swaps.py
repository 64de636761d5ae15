from __future__ import annotations

from typing import Any

import pytest

from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.swaps import Swaps

URL = "http://localhost:9999"
PORTS = {"kafka": 9092, "control": 8099, "admin": 8098}


@pytest.fixture
def swaps(tmp_path: Any) -> Swaps:
    processes = {"services": ["capsule", "odyssey"]}
    plan = EnginePlan(
        name="desk", runtime="embedded", state_dir=str(tmp_path), cache_dir=str(tmp_path), ports=PORTS,
        processes=processes, replace={"plato": URL},
    )  # fmt: skip
    return Swaps(plan)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("capsul", "there is no component 'capsul'", "did you mean capsule?"),
        ("x", "there is no component 'x'", "choose from kafka, capsule, odyssey"),
        ("plato", f"plato is not the sandbox's own: {URL} stands in for it", "choose from kafka, capsule, odyssey"),
    ],
)
def test_a_component_that_does_not_run_here_is_told_with_the_nearest_one(
    swaps: Swaps, name: str, message: str, hint: str
) -> None:
    error = swaps.unknown(name)
    assert (error.message, error.hint) == (message, hint)
