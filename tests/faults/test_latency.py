from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault

Apply = Callable[..., AppliedFault]


async def test_a_request_is_held_up_before_the_service_sees_it(apply: Apply, request_: Any, clock: ManualClock) -> None:
    request = request_()
    acting = asyncio.create_task(apply("latency", ms=200).act(request))
    await clock.advance(0.199)
    assert not request.served
    await clock.advance(0.001)
    assert await asyncio.wait_for(acting, 5) == "served"


async def test_jitter_spreads_it_by_the_seed(apply: Apply, request_: Any, clock: ManualClock) -> None:
    async def took_ms(seed: int) -> float:
        started_ns = clock.monotonic_ns()
        acting = asyncio.create_task(apply("latency", ms=200, jitter=100, seed=seed).act(request_()))
        while not acting.done():
            await clock.advance(0.001)
        return (clock.monotonic_ns() - started_ns) / 1e6

    spread = [await took_ms(seed) for seed in range(8)]
    assert spread[0] == await took_ms(0)
    assert all(99 <= each <= 302 for each in spread) and len(set(spread)) > 4


async def test_what_waits_goes_on_the_instant_it_is_removed(apply: Apply, request_: Any) -> None:
    applied, request = apply("latency", ms=600_000), request_()
    acting = asyncio.create_task(applied.act(request))
    await asyncio.sleep(0)
    assert not request.served
    applied.remove()
    assert await asyncio.wait_for(acting, 5) == "served"


async def test_a_client_that_gives_up_leaves_nothing_waiting(apply: Apply, request_: Any) -> None:
    acting = asyncio.create_task(apply("latency", ms=600_000).act(request_()))
    await asyncio.sleep(0)
    acting.cancel()
    await asyncio.wait({acting}, timeout=5)
    assert acting.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}
