from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault


async def test_a_record_is_held_behind_later_ones_but_not_for_ever(
    apply: Callable[..., AppliedFault], outgoing: Any, clock: ManualClock
) -> None:
    behind, at_latest = await apply("reorder-records", by=3, hold=700).act(outgoing())
    assert behind == 3
    waiting = asyncio.create_task(at_latest())
    await clock.advance(0.699)
    assert not waiting.done()
    await clock.advance(0.001)
    await asyncio.wait_for(waiting, 5)
