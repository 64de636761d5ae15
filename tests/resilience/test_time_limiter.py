"""A call ends within its limit, or with CallTimedOut."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UsageError
from sandbox.resilience import CallTimedOut, TimeLimiter, TimeLimiterConfig


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def make(clock: ManualClock, *, cancels: bool = True, limit_s: float = 2) -> tuple[TimeLimiter, list[str]]:
    config = TimeLimiterConfig(timeout_duration=timedelta(seconds=limit_s), cancel_running_future=cancels)
    limiter = TimeLimiter("capsule", config, clock)
    events: list[str] = []
    limiter.event_publisher.on_event(lambda event: events.append(event.event_type))
    return limiter, events


async def slow(clock: ManualClock, log: list[str], value: Any = None) -> Any:
    try:
        await clock.sleep(5)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    log.append("ended")
    return value


@pytest.mark.parametrize("cancels", [True, False])
async def test_a_quick_call_is_let_be(clock: ManualClock, cancels: bool) -> None:
    limiter, events = make(clock, cancels=cancels, limit_s=6)
    call = asyncio.create_task(limiter.execute(slow, clock, [], "here"))
    await clock.advance(5)
    assert await call == "here"
    assert events == ["SUCCESS"]


async def test_a_slow_call_is_cancelled_at_the_limit(clock: ManualClock) -> None:
    limiter, events = make(clock)
    log: list[str] = []
    call = asyncio.create_task(limiter.execute(slow, clock, log))
    await clock.advance(1.999)
    assert not call.done()
    await clock.advance(0.001)
    with pytest.raises(CallTimedOut) as raised:
        await call
    assert isinstance(raised.value, TimeoutError)
    assert (raised.value.limiter, raised.value.limit_s) == ("capsule", 2)
    assert log == ["cancelled"]
    assert events == ["TIMEOUT"]
    assert limiter.calls == {"failed": 0, "successful": 0, "timeout": 1}


async def test_a_slow_call_may_go_on_unheard(clock: ManualClock) -> None:
    limiter, events = make(clock, cancels=False)
    log: list[str] = []
    call = asyncio.create_task(limiter.execute(slow, clock, log))
    await clock.advance(2)
    with pytest.raises(CallTimedOut):
        await call
    assert log == []
    await clock.advance(3)
    assert log == ["ended"]
    assert events == ["TIMEOUT"]


@pytest.mark.parametrize("cancels", [True, False])
async def test_an_error_comes_through(clock: ManualClock, cancels: bool) -> None:
    limiter, events = make(clock, cancels=cancels)

    @limiter
    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await broken()
    assert events == ["ERROR"]


async def test_a_timeout_of_the_calls_own_is_a_timeout_too(clock: ManualClock) -> None:
    limiter, events = make(clock)

    async def times_out() -> None:
        raise TimeoutError("the socket's")

    with pytest.raises(TimeoutError, match="the socket's") as raised:
        await limiter.execute(times_out)
    assert not isinstance(raised.value, CallTimedOut)
    assert events == ["TIMEOUT"]


@pytest.mark.parametrize("cancels", [True, False])
async def test_who_cancels_the_caller_cancels_the_call(clock: ManualClock, cancels: bool) -> None:
    limiter, events = make(clock, cancels=cancels)
    log: list[str] = []
    call = asyncio.create_task(limiter.execute(slow, clock, log))
    await clock.advance(1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.sleep(0)
    assert log == ["cancelled"]
    assert events == []


async def test_a_call_that_survives_its_cancellation_was_late_all_the_same(clock: ManualClock) -> None:
    limiter, _ = make(clock)

    async def stubborn() -> str:
        try:
            await clock.sleep(5)
        except asyncio.CancelledError:
            return "here"
        return "in time"

    call = asyncio.create_task(limiter.execute(stubborn))
    await clock.advance(2)
    with pytest.raises(CallTimedOut):
        await call


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(UsageError):
        TimeLimiterConfig(timeout_duration=timedelta(seconds=-1))
