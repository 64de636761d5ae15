"""What ours has above Resilience4j's own face; that face itself is compared call by call in test_recorded_calls."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UsageError
from sandbox.resilience import (
    CallNotPermitted,
    CircuitBreaker,
    CircuitBreakerConfig,
    IllegalStateTransition,
    State,
    TransitionCheck,
)
from sandbox.resilience.breaker_event import ErrorEvent
from sandbox.resilience.errors import ResultRecordedAsFailure

MS = timedelta(milliseconds=1)


def make(clock: ManualClock, **changes: Any) -> CircuitBreaker:
    given: dict[str, Any] = {
        "sliding_window_size": 4,
        "minimum_number_of_calls": 2,
        "permitted_number_of_calls_in_half_open_state": 1,
        "wait_duration_in_open_state": timedelta(seconds=10),
    }
    return CircuitBreaker("capsule", CircuitBreakerConfig(**{**given, **changes}), clock)


def open_it(breaker: CircuitBreaker) -> None:
    breaker.on_error(1, OSError())
    breaker.on_error(1, OSError())
    assert breaker.state is State.OPEN


async def returns(value: Any) -> Any:
    return value


async def fails(error: BaseException) -> None:
    raise error


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_execute_returns_what_the_call_returns_and_counts_it(clock: ManualClock) -> None:
    breaker = make(clock)
    assert await breaker.execute(returns, 7) == 7
    assert breaker.metrics.number_of_successful_calls == 1


async def test_execute_raises_what_the_call_raises_and_counts_it(clock: ManualClock) -> None:
    breaker = make(clock)
    with pytest.raises(OSError, match="gone"):
        await breaker.execute(fails, OSError("gone"))
    assert breaker.metrics.number_of_failed_calls == 1


async def test_an_open_breaker_does_not_make_the_call(clock: ManualClock) -> None:
    breaker = make(clock)
    open_it(breaker)
    with pytest.raises(CallNotPermitted) as refused:
        await breaker.execute(fails, AssertionError("the call was made"))
    assert (refused.value.breaker, refused.value.state) == ("capsule", "OPEN")
    assert refused.value.message == "CircuitBreaker 'capsule' is OPEN and does not permit further calls"
    assert breaker.metrics.number_of_not_permitted_calls == 1


async def test_durations_are_measured_on_the_clock(clock: ManualClock) -> None:
    breaker = make(clock, slow_call_duration_threshold=timedelta(seconds=1))
    call = asyncio.create_task(breaker.execute(clock.sleep, 1.001))
    await clock.advance(2)
    await call
    assert breaker.metrics.number_of_slow_calls == 1


async def test_a_cancelled_call_gives_its_permission_back(clock: ManualClock) -> None:
    breaker = make(clock)
    open_it(breaker)
    breaker.transition_to_half_open_state()
    call = asyncio.create_task(breaker.execute(clock.sleep, 60))
    await asyncio.sleep(0)
    assert not breaker.try_acquire_permission()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert breaker.try_acquire_permission()
    assert breaker.metrics.number_of_buffered_calls == 0


async def test_a_result_predicate_that_raises_is_a_failure_and_keeps_no_permission(clock: ManualClock) -> None:
    breaker = make(clock, record_result_predicate=lambda result: result["missing"])
    open_it(breaker)
    breaker.transition_to_half_open_state()
    with pytest.raises(KeyError):
        await breaker.execute(returns, {})
    assert breaker.state is State.OPEN


async def test_a_decorated_function_is_guarded_and_keeps_its_name(clock: ManualClock) -> None:
    breaker = make(clock)

    @breaker
    async def history(scope: str) -> list[str]:
        """The history."""
        return [scope]

    assert await history("rim:entity:finance:EURUSD") == ["rim:entity:finance:EURUSD"]
    assert (history.__name__, history.__doc__) == ("history", "The history.")
    open_it(breaker)
    with pytest.raises(CallNotPermitted):
        await history("rim:entity:finance:EURUSD")


async def test_a_block_is_a_call(clock: ManualClock) -> None:
    breaker = make(clock, record_result_predicate=lambda status: status >= 500)
    async with breaker.permission():
        pass
    async with breaker.permission() as call:
        call.result = 503
    assert breaker.metrics.number_of_successful_calls == 1
    assert breaker.metrics.number_of_failed_calls == 1
    assert breaker.state is State.OPEN
    with pytest.raises(CallNotPermitted):
        async with breaker.permission():
            pytest.fail("the block ran")


def test_a_block_works_without_a_loop(clock: ManualClock) -> None:
    breaker = make(clock)
    with pytest.raises(ValueError, match="no"), breaker.permission():
        raise ValueError("no")
    assert breaker.metrics.number_of_failed_calls == 1


def test_a_block_that_is_interrupted_counts_as_nothing(clock: ManualClock) -> None:
    breaker = make(clock)
    open_it(breaker)
    breaker.transition_to_half_open_state()
    with pytest.raises(KeyboardInterrupt), breaker.permission():
        raise KeyboardInterrupt
    assert breaker.try_acquire_permission()


def test_an_illegal_transition_changes_nothing(clock: ManualClock) -> None:
    breaker = make(clock)
    with pytest.raises(IllegalStateTransition) as refused:
        breaker.transition_to_half_open_state()
    assert (refused.value.from_state, refused.value.to_state) == ("CLOSED", "HALF_OPEN")
    assert breaker.state is State.CLOSED


def test_an_outcome_can_open_for_the_configured_wait(clock: ManualClock) -> None:
    """Where Resilience4j 2.2.0 raises and refuses calls for ever, ours does what it documents."""
    breaker = make(clock, transition_on_result=lambda _result, error: (
        TransitionCheck.transition_to_open() if error else TransitionCheck.no_transition()
    ))  # fmt: skip
    breaker.on_error(1, OSError())
    assert breaker.state is State.OPEN
    assert breaker.time_until_half_open_s == 10


def test_a_listener_that_raises_changes_nothing_and_is_logged(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    breaker = make(clock)
    breaker.event_publisher.on_error(lambda event: 1 / 0)
    with caplog.at_level(logging.WARNING):
        open_it(breaker)
    assert "ErrorEvent" in caplog.text


def test_a_listener_may_use_the_breaker(clock: ManualClock) -> None:
    breaker = make(clock)
    seen: list[str] = []
    breaker.event_publisher.on_failure_rate_exceeded(lambda event: seen.append(str(breaker.try_acquire_permission())))
    breaker.event_publisher.on_state_transition(lambda event: seen.append(breaker.state))
    open_it(breaker)
    assert seen == ["False", "OPEN"]


def test_a_listener_that_is_removed_hears_no_more(clock: ManualClock) -> None:
    breaker = make(clock)
    seen: list[Any] = []
    breaker.event_publisher.on_event(seen.append).on_reset(seen.append)
    breaker.reset()
    assert len(seen) == 2
    breaker.event_publisher.remove(seen.append)
    breaker.reset()
    assert len(seen) == 2


def test_a_result_that_is_a_failure_has_an_error_that_says_so(clock: ManualClock) -> None:
    breaker = make(clock, record_result_predicate=lambda result: result == 503)
    seen: list[ErrorEvent] = []
    breaker.event_publisher.on_error(seen.append)
    breaker.on_result(5, 503)
    assert isinstance(seen[0].error, ResultRecordedAsFailure)
    assert (seen[0].error.result, seen[0].duration_ns) == (503, 5)


def test_the_time_until_half_open_runs_down(clock: ManualClock) -> None:
    breaker = make(clock)
    assert breaker.time_until_half_open_s is None
    open_it(breaker)
    clock.tick(4)
    assert breaker.time_until_half_open_s == 6
    clock.tick(60)
    assert breaker.time_until_half_open_s == 0
    assert breaker.state is State.OPEN


def test_the_timeline_tells_when_each_state_was_entered(clock: ManualClock) -> None:
    breaker = make(clock)
    start_ms = clock.now_ms()
    clock.tick(1)
    open_it(breaker)
    breaker.transition_to_open_state()
    clock.tick(11)
    assert breaker.try_acquire_permission()
    assert [(each.state, each.at_ms - start_ms) for each in breaker.timeline] == [
        ("CLOSED", 0),
        ("OPEN", 1000),
        ("HALF_OPEN", 12000),
    ]


def test_transitions_that_nobody_watched_are_made_up_for_at_their_time(clock: ManualClock) -> None:
    breaker = make(
        clock,
        automatic_transition_from_open_to_half_open_enabled=True,
        max_wait_duration_in_half_open_state=timedelta(seconds=3),
    )
    start_ms = clock.now_ms()
    seen: list[tuple[str, int]] = []
    breaker.event_publisher.on_state_transition(lambda event: seen.append((event.to_state, event.at_ms - start_ms)))
    open_it(breaker)
    clock.tick(24.5)
    assert breaker.state is State.HALF_OPEN
    assert seen == [("OPEN", 0), ("HALF_OPEN", 10_000), ("OPEN", 13_000), ("HALF_OPEN", 23_000)]
    assert breaker.next_due_ns == 26_000_000_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failure_rate_threshold", 0),
        ("failure_rate_threshold", 100.1),
        ("slow_call_rate_threshold", -1),
        ("sliding_window_size", 0),
        ("minimum_number_of_calls", 0),
        ("permitted_number_of_calls_in_half_open_state", 0),
        ("slow_call_duration_threshold", timedelta(0)),
        ("wait_duration_in_open_state", 0.5 * MS),
        ("max_wait_duration_in_half_open_state", -MS),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(UsageError) as refused:
        CircuitBreakerConfig(**{name: value})
    assert refused.value.where == name


def test_two_ways_to_wait_are_one_too_many() -> None:
    with pytest.raises(UsageError, match="together"):
        CircuitBreakerConfig(wait_duration_in_open_state=MS, wait_interval_function_in_open_state=lambda attempt: 5)


def test_the_defaults_are_resilience4js() -> None:
    config = CircuitBreakerConfig()
    assert (config.sliding_window_type, config.sliding_window_size, config.minimum_number_of_calls) == (
        "COUNT_BASED",
        100,
        100,
    )
    assert (config.failure_rate_threshold, config.slow_call_rate_threshold) == (50, 100)
    assert config.slow_call_duration_threshold == config.wait_duration_in_open_state == timedelta(seconds=60)
    assert config.permitted_number_of_calls_in_half_open_state == 10
    assert not config.automatic_transition_from_open_to_half_open_enabled
