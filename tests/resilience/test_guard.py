"""Retry ( CircuitBreaker ( TimeLimiter ( call ) ) )."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.resilience import PROFILES, CallNotPermitted, CallTimedOut, CircuitBreakerRegistry, Guard


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def guard(clock: ManualClock) -> Guard:
    return CircuitBreakerRegistry(clock).guard("capsule", PROFILES["demo"])


class Upstream:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls = 0

    async def history(self, scope: str) -> list[str]:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return [scope]


async def nothing(scope: str, error: Exception) -> list[str]:
    return [scope, type(error).__name__]


async def ending(clock: ManualClock, work: Any) -> Any:
    task = asyncio.ensure_future(work)
    await clock.advance(60)
    assert task.done()
    return await task


@pytest.mark.spec("BREAKER-ORDER")
async def test_each_attempt_asks_the_breaker(clock: ManualClock, guard: Guard) -> None:
    upstream = Upstream(OSError("down"))
    for _ in range(3):
        with pytest.raises((OSError, CallNotPermitted)):
            await ending(clock, guard.execute(upstream.history, "s"))
    # 3 attempts, then 2 until the breaker opens at the minimum of 5 calls; HALF_OPEN lets 3 more through.
    assert upstream.calls == 8


async def test_an_open_breaker_is_asked_as_often_as_there_are_attempts(clock: ManualClock, guard: Guard) -> None:
    breaker = guard.circuit_breaker
    assert breaker is not None
    breaker.transition_to_forced_open_state()
    with pytest.raises(CallNotPermitted):
        await ending(clock, guard.execute(Upstream().history, "s"))
    assert breaker.metrics.number_of_not_permitted_calls == 3


@pytest.mark.spec("BREAKER-ORDER", "BREAKER-TIME-LIMIT")
async def test_each_attempt_has_the_whole_limit_and_a_timeout_counts_as_a_failure(
    clock: ManualClock, guard: Guard
) -> None:
    started = clock.monotonic_ns()
    ended: list[int] = []

    async def call() -> None:
        try:
            await guard.execute(clock.sleep, 30)
        finally:
            ended.append(clock.monotonic_ns() - started)

    with pytest.raises(CallTimedOut):
        await ending(clock, call())
    assert ended == [9_150_000_000]
    assert guard.circuit_breaker is not None
    assert guard.circuit_breaker.metrics.number_of_slow_failed_calls == 3


@pytest.mark.spec("FALLBACK-CALLED")
async def test_the_fallback_comes_after_the_last_attempt(clock: ManualClock, guard: Guard) -> None:
    upstream = Upstream(OSError("down"))
    history = guard.decorate(upstream.history, nothing)
    assert await ending(clock, history("s")) == ["s", "OSError"]
    assert upstream.calls == 3


async def test_or_at_the_breaker_as_springs_annotation_has_it(clock: ManualClock, guard: Guard) -> None:
    upstream = Upstream(OSError("down"))
    history = guard.decorate(upstream.history, nothing, fallback_at="circuit_breaker")
    assert await ending(clock, history("s")) == ["s", "OSError"]
    assert upstream.calls == 1


async def test_the_fallback_is_for_the_errors_that_it_names(clock: ManualClock, guard: Guard) -> None:
    history = guard.decorate(Upstream(ValueError("bug")).history, nothing, fallback_on=(OSError, CallNotPermitted))
    with pytest.raises(ValueError, match="bug"):
        await ending(clock, history("s"))


async def test_without_a_fallback_and_without_parts_a_call_is_a_call() -> None:
    upstream = Upstream()
    assert await Guard().decorate(upstream.history)("s") == ["s"]
    assert await Guard().decorate(upstream.history, nothing, fallback_at="circuit_breaker")("s") == ["s"]
    assert upstream.calls == 2
