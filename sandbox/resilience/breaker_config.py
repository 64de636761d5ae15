"""How a circuit breaker behaves: Resilience4j's property names in snake case, and its defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from sandbox.errors import UsageError
from sandbox.resilience.duration import to_ms, to_ns
from sandbox.resilience.interval import IntervalFunction, fixed
from sandbox.resilience.transition_check import TransitionCheck

__all__ = ["CircuitBreakerConfig", "SlidingWindowType"]

ErrorTypes: TypeAlias = tuple[type[BaseException], ...]

_DEFAULT_WAIT = timedelta(seconds=60)


class SlidingWindowType(StrEnum):
    COUNT_BASED = "COUNT_BASED"
    TIME_BASED = "TIME_BASED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreakerConfig:
    """Raises UsageError, whose `where` is the property, for a value that Resilience4j refuses too."""

    failure_rate_threshold: float = 50.0
    """Percent (0 < x ≤ 100). The breaker opens when the failure rate reaches it."""
    slow_call_rate_threshold: float = 100.0
    """Percent (0 < x ≤ 100). The breaker opens when the rate of slow calls reaches it."""
    slow_call_duration_threshold: timedelta = timedelta(seconds=60)
    """A call that takes longer than this is slow."""
    sliding_window_type: SlidingWindowType = SlidingWindowType.COUNT_BASED
    """Whether the window holds the last calls or the last seconds."""
    sliding_window_size: int = 100
    """Calls (COUNT_BASED) or seconds (TIME_BASED) of the window while CLOSED."""
    minimum_number_of_calls: int = 100
    """Below this the rates are -1 and nothing opens. A window of calls that is smaller counts in its place, and so do
    the permitted calls while HALF_OPEN."""
    permitted_number_of_calls_in_half_open_state: int = 10
    """How many calls HALF_OPEN lets through, and the size of its window."""
    wait_duration_in_open_state: timedelta = _DEFAULT_WAIT
    """How long OPEN lasts; whole milliseconds, at least 1."""
    wait_interval_function_in_open_state: IntervalFunction | None = None
    """In place of a fixed wait: from how often the breaker opened in a row (1, 2, …) to milliseconds."""
    max_wait_duration_in_half_open_state: timedelta = timedelta(0)
    """HALF_OPEN goes back to OPEN after this; 0 waits for the permitted calls without end."""
    automatic_transition_from_open_to_half_open_enabled: bool = False
    """HALF_OPEN begins when the wait ends; without it, with the first call after that."""
    record_exceptions: ErrorTypes = ()
    """Errors that count as failures; with neither these nor the predicate all do."""
    ignore_exceptions: ErrorTypes = ()
    """Errors that count as nothing, neither failure nor success; they win over `record_exceptions`."""
    record_exception_predicate: Callable[[BaseException], bool] | None = None
    """As `record_exceptions`; an error counts when either says so."""
    ignore_exception_predicate: Callable[[BaseException], bool] | None = None
    """As `ignore_exceptions`; an error is ignored when either says so."""
    record_result_predicate: Callable[[Any], bool] | None = None
    """Results that count as failures. None is never asked about."""
    transition_on_result: Callable[[Any, BaseException | None], TransitionCheck] | None = None
    """Called with each recorded result (and None) or error (None and the error): may open a CLOSED breaker at once."""

    def __post_init__(self) -> None:
        _check_rate(self.failure_rate_threshold, "failure_rate_threshold")
        _check_rate(self.slow_call_rate_threshold, "slow_call_rate_threshold")
        for name in (
            "sliding_window_size",
            "minimum_number_of_calls",
            "permitted_number_of_calls_in_half_open_state",
        ):
            if getattr(self, name) < 1:
                raise UsageError("must be greater than 0", where=name)
        if to_ns(self.slow_call_duration_threshold) < 1:
            raise UsageError("must be longer than nothing", where="slow_call_duration_threshold")
        if to_ms(self.wait_duration_in_open_state) < 1:
            raise UsageError("must be at least 1 ms", where="wait_duration_in_open_state")
        if to_ms(self.max_wait_duration_in_half_open_state) < 0:
            raise UsageError("must not be negative", where="max_wait_duration_in_half_open_state")
        if self.wait_interval_function_in_open_state and self.wait_duration_in_open_state != _DEFAULT_WAIT:
            raise UsageError(
                "is given together with wait_duration_in_open_state",
                where="wait_interval_function_in_open_state",
                hint="use one of the two",
            )
        object.__setattr__(self, "sliding_window_type", SlidingWindowType(self.sliding_window_type))

    @property
    def open_wait(self) -> IntervalFunction:
        """How long OPEN lasts, as the function of either kind."""
        return self.wait_interval_function_in_open_state or fixed(to_ms(self.wait_duration_in_open_state))

    def ignores(self, error: BaseException) -> bool:
        if self.ignore_exceptions and isinstance(error, self.ignore_exceptions):
            return True
        return self.ignore_exception_predicate is not None and self.ignore_exception_predicate(error)

    def records(self, error: BaseException) -> bool:
        if self.record_exceptions and isinstance(error, self.record_exceptions):
            return True
        if self.record_exception_predicate is not None:
            return self.record_exception_predicate(error)
        return not self.record_exceptions


def _check_rate(percent: float, name: str) -> None:
    if not 0 < percent <= 100:
        raise UsageError("must be above 0 and at most 100", where=name)
