from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault


async def test_a_message_is_held_behind_later_ones_but_not_for_ever(
    apply: Callable[..., AppliedFault], frame: Any, clock: ManualClock
) -> None:
    behind, at_latest = await apply("ws-reorder", by=2, hold=300).act(frame())
    assert behind == 2
    waiting = asyncio.create_task(at_latest())
    await clock.advance(0.299)
    assert not waiting.done()
    await clock.advance(0.001)
    await asyncio.wait_for(waiting, 5)
