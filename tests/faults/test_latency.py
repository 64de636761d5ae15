from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UsageError
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault

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


def spread_ms(apply: Apply, **parameters: Any) -> list[float]:
    """What 2,001 requests would wait, shortest first."""
    applied = apply("latency", **parameters)
    return sorted(applied.fault._wait_ms(applied) for _ in range(2_001))


def test_it_can_be_spread_evenly_between_two_bounds(apply: Apply) -> None:
    waits_ms = spread_ms(apply, lower=100, upper=300)
    assert waits_ms[0] >= 100 and waits_ms[-1] <= 300
    assert waits_ms[1_000] == pytest.approx(200, abs=10)


def test_it_can_be_lognormal_with_a_long_tail(apply: Apply) -> None:
    waits_ms = spread_ms(apply, median=100, sigma=0.4)
    assert waits_ms[1_000] == pytest.approx(100, rel=0.05)
    assert waits_ms[1_980] == pytest.approx(254, rel=0.15), "the 99th percentile is the median times e^(2.33 sigma)"
    assert spread_ms(apply, median=100, sigma=0.4) == waits_ms != spread_ms(apply, median=100, sigma=0.4, seed=1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "needs ms, or lower and upper, or median and sigma"),
        ({"ms": 5, "lower": 1, "upper": 2}, "needs ms, or"),
        ({"lower": 1}, "lower and upper go together"),
        ({"lower": 3, "upper": 2}, "lower must not be above upper"),
        ({"median": 3}, "median and sigma go together"),
        ({"lower": 1, "upper": 2, "jitter": 1}, "jitter goes with ms"),
    ],
)
def test_one_distribution_is_chosen(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_fault("latency", parameters)
