from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults import FAULTS
from sandbox.faults.applied import AppliedFault


async def test_it_restarts_the_process_and_is_over(apply: Callable[..., AppliedFault], component: Any) -> None:
    applied, point = apply("service-restart"), component()
    await applied.act(point)
    assert point.done == ["restart"]
    assert not FAULTS["service-restart"].lasts


def test_it_needs_a_process_of_the_sandboxs_own() -> None:
    assert (FAULTS["service-restart"].needs, FAULTS["service-restart"].acts_on()[0]) == ("process", "capsule")
