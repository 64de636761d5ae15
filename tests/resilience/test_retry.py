"""Attempts, waits and what is said about them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UsageError
from sandbox.resilience import MaxRetriesExceeded, Retry, RetryConfig
from sandbox.resilience.interval import exponential

SECOND = timedelta(seconds=1)


class Flaky:
    """Gives the outcomes one after the other, and remembers when it was called."""

    def __init__(self, clock: ManualClock, *outcomes: Any) -> None:
        self._clock = clock
        self._outcomes = list(outcomes)
        self.called_s: list[float] = []

    async def __call__(self) -> Any:
        self.called_s.append(self._clock.monotonic_ns() / 1e9)
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


async def ending(clock: ManualClock, work: Awaitable[Any]) -> Any:
    """The work's outcome after an hour at most."""
    task = asyncio.ensure_future(work)
    await clock.advance(3600)
    assert task.done()
    return await task


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.mark.spec("BREAKER-RETRY")
async def test_three_attempts_are_two_retries_and_two_waits(clock: ManualClock) -> None:
    flaky = Flaky(clock, OSError(1), OSError(2), OSError(3), "never asked")
    retry = Retry("capsule", RetryConfig(interval_function=exponential(200, 2.0, 2000)), clock)
    with pytest.raises(OSError) as raised:
        await ending(clock, retry.execute(flaky))
    assert raised.value.args == (3,)
    assert flaky.called_s == pytest.approx([0, 0.2, 0.6])
    assert retry.metrics.number_of_failed_calls_with_retry_attempt == 1


async def test_a_late_success_is_a_success(clock: ManualClock) -> None:
    retry = Retry("capsule", RetryConfig(wait_duration=SECOND), clock)
    events: list[Any] = []
    retry.event_publisher.on_event(events.append)
    assert await ending(clock, retry.execute(Flaky(clock, OSError(), "here"))) == "here"
    assert [(each.event_type, each.attempts, type(each.error)) for each in events] == [
        ("RETRY", 1, OSError),
        ("SUCCESS", 1, OSError),
    ]
    assert events[0].wait_ms == 1000


async def test_a_success_at_once_is_no_event(clock: ManualClock) -> None:
    retry = Retry("capsule", clock=clock)
    events: list[Any] = []
    retry.event_publisher.on_event(events.append)
    assert await retry.execute(Flaky(clock, "here")) == "here"
    assert events == []
    assert retry.metrics.number_of_successful_calls_without_retry_attempt == 1


@pytest.mark.parametrize(
    ("config", "error", "attempts"),
    [
        (RetryConfig(ignore_exceptions=(OSError,)), FileNotFoundError(), 1),
        (RetryConfig(ignore_exceptions=(OSError,)), ValueError(), 3),
        (RetryConfig(retry_exceptions=(OSError,)), ValueError(), 1),
        (RetryConfig(retry_exceptions=(OSError,)), FileNotFoundError(), 3),
        (RetryConfig(retry_on_exception_predicate=lambda error: bool(error.args)), ValueError("again"), 3),
        (RetryConfig(retry_on_exception_predicate=lambda error: bool(error.args)), ValueError(), 1),
        (RetryConfig(retry_exceptions=(OSError,), ignore_exceptions=(FileNotFoundError,)), FileNotFoundError(), 1),
        (RetryConfig(max_attempts=1), OSError(), 1),
    ],
)
async def test_errors_ask_for_another_attempt_as_configured(
    clock: ManualClock, config: RetryConfig, error: Exception, attempts: int
) -> None:
    flaky = Flaky(clock, error, error, error)
    with pytest.raises(type(error)):
        await ending(clock, Retry("capsule", config, clock).execute(flaky))
    assert len(flaky.called_s) == attempts


async def test_results_may_ask_for_another_attempt(clock: ManualClock) -> None:
    consumed: list[tuple[int, int]] = []
    config = RetryConfig(
        retry_on_result_predicate=lambda status: status == 503,
        consume_result_before_retry_attempt=lambda attempt, status: consumed.append((attempt, status)),
    )
    assert await ending(clock, Retry("capsule", config, clock).execute(Flaky(clock, 503, 503, 200))) == 200
    assert consumed == [(1, 503), (2, 503)]


async def test_the_last_result_is_returned_although_it_asks(clock: ManualClock) -> None:
    config = RetryConfig(retry_on_result_predicate=lambda status: status == 503)
    assert await ending(clock, Retry("capsule", config, clock).execute(Flaky(clock, 503, 503, 503))) == 503


async def test_or_raised_about_if_so_configured(clock: ManualClock) -> None:
    config = RetryConfig(retry_on_result_predicate=lambda status: status == 503, fail_after_max_attempts=True)
    retry = Retry("capsule", config, clock)
    with pytest.raises(MaxRetriesExceeded, match=r"Retry 'capsule' has exhausted all attempts \(3\)"):
        await ending(clock, retry.execute(Flaky(clock, 503, 503, 503)))


async def test_the_outcome_may_say_how_long_to_wait_or_to_give_up(clock: ManualClock) -> None:
    config = RetryConfig(
        max_attempts=9, interval_bi_function=lambda attempt, _result, error: error.args[0] if attempt < 3 else -1
    )
    flaky = Flaky(clock, OSError(7000), OSError(30), OSError(1), "never asked")
    with pytest.raises(OSError) as raised:
        await ending(clock, Retry("capsule", config, clock).execute(flaky))
    assert raised.value.args == (1,)
    assert flaky.called_s == pytest.approx([0, 7, 7.03])


async def test_cancellation_is_not_an_error_to_retry(clock: ManualClock) -> None:
    flaky = Flaky(clock, asyncio.CancelledError(), "never asked")
    with pytest.raises(asyncio.CancelledError):
        await Retry("capsule", clock=clock).execute(flaky)
    assert len(flaky.called_s) == 1


async def test_a_decorated_function_is_retried(clock: ManualClock) -> None:
    flaky = Flaky(clock, OSError(), "here")

    @Retry("capsule", clock=clock)
    async def history() -> Any:
        return await flaky()

    assert await ending(clock, history()) == "here"
    assert history.__name__ == "history"


@pytest.mark.parametrize(
    "make",
    [
        lambda: RetryConfig(max_attempts=0),
        lambda: RetryConfig(wait_duration=-SECOND),
        lambda: RetryConfig(interval_function=lambda _: 1, interval_bi_function=lambda *_: 1),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        make()
