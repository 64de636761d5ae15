from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault


async def test_a_call_is_held_up_before_it_goes_out(
    apply: Callable[..., AppliedFault], call: Any, clock: ManualClock
) -> None:
    point = call()
    acting = asyncio.create_task(apply("edge-latency", ms=300).act(point))
    await clock.advance(0.299)
    assert not point.made
    await clock.advance(0.001)
    assert await asyncio.wait_for(acting, 5) == "answered"
