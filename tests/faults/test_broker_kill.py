from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults import FAULTS
from sandbox.faults.applied import AppliedFault


async def test_it_kills_the_broker_until_it_is_undone(apply: Callable[..., AppliedFault], component: Any) -> None:
    applied, point = apply("broker-kill"), component()
    await applied.act(point)
    assert point.done == ["kill"]
    await applied.fault.undo(point)
    assert point.done[1:] == ["bring back"]


def test_it_needs_a_broker_of_the_sandboxs_own() -> None:
    assert (FAULTS["broker-kill"].needs, FAULTS["broker-kill"].acts_on()[0]) == ("broker", "kafka")
