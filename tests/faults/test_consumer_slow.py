from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault


async def test_a_record_waits_before_it_is_handled(
    apply: Callable[..., AppliedFault], due: Any, clock: ManualClock
) -> None:
    acting = asyncio.create_task(apply("consumer-slow", ms=250).act(due()))
    await clock.advance(0.249)
    assert not acting.done()
    await clock.advance(0.001)
    await asyncio.wait_for(acting, 5)


async def test_what_waits_goes_on_the_instant_it_is_removed(apply: Callable[..., AppliedFault], due: Any) -> None:
    applied = apply("consumer-slow", ms=600_000)
    acting = asyncio.create_task(applied.act(due()))
    await asyncio.sleep(0)
    applied.remove()
    await asyncio.wait_for(acting, 5)
