from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault

Apply = Callable[..., AppliedFault]


async def test_a_call_is_refused_at_once(apply: Apply, call: Any) -> None:
    point = call()
    with pytest.raises(ConnectionRefusedError):
        await apply("edge-partition").act(point)
    assert not point.made


async def test_a_black_hole_swallows_a_call_until_it_is_removed(apply: Apply, call: Any, clock: ManualClock) -> None:
    applied, point = apply("edge-partition", how="black-hole"), call()
    acting = asyncio.create_task(applied.act(point))
    await clock.advance(3_600)
    assert not point.made
    applied.remove()
    assert await asyncio.wait_for(acting, 5) == "answered"


@pytest.mark.parametrize(("aim", "is_struck"), [({}, True), ({"to": "capsule"}, True), ({"to": "plato"}, False)])
def test_edges_are_chosen_by_whom_they_lead_to(aim: dict[str, str], is_struck: bool, apply: Apply, call: Any) -> None:
    assert apply("edge-partition", **aim).strikes(call("capsule")) is is_struck
