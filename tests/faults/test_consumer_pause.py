from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault


async def test_nothing_is_handled_until_it_is_removed(
    apply: Callable[..., AppliedFault], due: Any, clock: ManualClock
) -> None:
    applied = apply("consumer-pause")
    acting = asyncio.create_task(applied.act(due()))
    await clock.advance(3_600)
    assert not acting.done()
    applied.remove()
    await asyncio.wait_for(acting, 5)


async def test_one_that_comes_and_goes_lets_go_while_it_rests(
    apply: Callable[..., AppliedFault], due: Any, clock: ManualClock
) -> None:
    applied = apply("consumer-pause", on_for="2s", off_for="1s")
    acting = asyncio.create_task(applied.act(due()))
    await clock.advance(1.9)
    assert not acting.done()
    await clock.advance(0.2)
    await asyncio.wait_for(acting, 5)
    assert not applied.strikes(due())
