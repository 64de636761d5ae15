from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault


async def test_nothing_is_sent_until_it_is_removed_and_then_what_was_held(
    apply: Callable[..., AppliedFault], frame: Any, clock: ManualClock
) -> None:
    applied, message = apply("ws-stall"), frame()
    acting = asyncio.create_task(applied.act(message))
    await clock.advance(3_600)
    assert message.went == []
    applied.remove()
    assert await asyncio.wait_for(acting, 5) is True
    assert message.went == ["message"]
