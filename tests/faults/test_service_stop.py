from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults import FAULTS
from sandbox.faults.applied import AppliedFault


async def test_it_stops_the_process_until_it_is_undone(apply: Callable[..., AppliedFault], component: Any) -> None:
    applied, point = apply("service-stop"), component()
    await applied.act(point)
    assert point.done == ["stop"]
    await applied.fault.undo(point)
    assert point.done[1:] == ["bring back"]


def test_it_needs_a_process_of_the_sandboxs_own() -> None:
    assert (FAULTS["service-stop"].needs, FAULTS["service-stop"].acts_on()[0]) == ("process", "capsule")
