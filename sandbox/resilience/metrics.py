"""What a state measures, and its verdict on the thresholds."""

from __future__ import annotations

from enum import Enum

from sandbox.clock import Clock
from sandbox.resilience.breaker_config import CircuitBreakerConfig, SlidingWindowType
from sandbox.resilience.count_window import CountWindow
from sandbox.resilience.duration import to_ns
from sandbox.resilience.late_calls import LateCalls
from sandbox.resilience.rate import NO_RATE, percentage, shortest, single
from sandbox.resilience.time_window import TimeWindow

__all__ = ["CircuitBreakerMetrics", "Verdict"]

_ROUNDING = 1 - 1e-6


class Verdict(Enum):
    """What a recorded call says about the thresholds (`CircuitBreakerMetrics.Result`): measured, failures, slow."""

    BELOW_MINIMUM_CALLS = (False, False, False)
    BELOW_THRESHOLDS = (True, False, False)
    FAILURE_RATE = (True, True, False)
    SLOW_CALL_RATE = (True, False, True)
    BOTH = (True, True, True)

    def __init__(self, measured: bool, failure_rate: bool, slow_call_rate: bool) -> None:
        self.measured = measured
        self.failure_rate = failure_rate
        self.slow_call_rate = slow_call_rate
        self.exceeded = failure_rate or slow_call_rate


_BELOW_MINIMUM = Verdict.BELOW_MINIMUM_CALLS
_BELOW = Verdict.BELOW_THRESHOLDS
_MEASURED = {(each.failure_rate, each.slow_call_rate): each for each in Verdict if each.measured}


class CircuitBreakerMetrics:
    """The calls of one state's window. OPEN goes on with the metrics of the state before it, others begin anew.

    A metrics object belongs to its state: one that was read from the breaker earlier no longer changes after the
    breaker has gone on to the next.
    """

    __slots__ = (
        "_failure_floor", "_failure_threshold", "_minimum", "_slow_floor", "_slow_ns", "_slow_threshold",
        "_window", "number_of_not_permitted_calls",
    )  # fmt: skip

    def __init__(self, config: CircuitBreakerConfig, clock: Clock, *, last_calls: int | None = None) -> None:
        """Measures the configured window, or the last `last_calls` calls; 0 is for states that measure nothing."""
        size = config.sliding_window_size if last_calls is None else last_calls
        self._window: CountWindow | TimeWindow | LateCalls
        if last_calls is None and config.sliding_window_type is SlidingWindowType.TIME_BASED:
            self._window = TimeWindow(size, clock)
            self._minimum = config.minimum_number_of_calls
        else:
            self._window = CountWindow(size) if size else LateCalls()
            self._minimum = min(config.minimum_number_of_calls, size)
        self._slow_ns = to_ns(config.slow_call_duration_threshold)
        self._failure_threshold = single(config.failure_rate_threshold)
        self._slow_threshold = single(config.slow_call_rate_threshold)
        # A rate below its floor is below its threshold whatever the rounding; others are computed exactly.
        self._failure_floor = self._failure_threshold / 100.0 * _ROUNDING
        self._slow_floor = self._slow_threshold / 100.0 * _ROUNDING
        self.number_of_not_permitted_calls = 0

    def record(self, failed: bool, duration_ns: int) -> Verdict:
        """Count a call."""
        window = self._window
        window.record(failed, duration_ns > self._slow_ns)
        calls = window.calls
        if calls < self._minimum:
            return _BELOW_MINIMUM
        if not (window.failed or window.slow):
            return _BELOW
        if window.failed < self._failure_floor * calls and window.slow < self._slow_floor * calls:
            return _BELOW
        failures = percentage(window.failed, calls) >= self._failure_threshold
        slow = percentage(window.slow, calls) >= self._slow_threshold
        return _MEASURED[failures, slow]

    def on_call_not_permitted(self) -> None:
        self.number_of_not_permitted_calls += 1

    @property
    def failure_rate(self) -> float:
        """Percent, -1.0 below the minimum number of calls."""
        return self._rate("failed")

    @property
    def slow_call_rate(self) -> float:
        """Percent, -1.0 below the minimum number of calls."""
        return self._rate("slow")

    def _rate(self, kind: str) -> float:
        self._window.refresh()
        calls = self._window.calls
        if calls == 0 or calls < self._minimum:
            return NO_RATE
        return shortest(percentage(getattr(self._window, kind), calls))

    @property
    def number_of_buffered_calls(self) -> int:
        self._window.refresh()
        return self._window.calls

    @property
    def number_of_failed_calls(self) -> int:
        self._window.refresh()
        return self._window.failed

    @property
    def number_of_successful_calls(self) -> int:
        self._window.refresh()
        return self._window.calls - self._window.failed

    @property
    def number_of_slow_calls(self) -> int:
        self._window.refresh()
        return self._window.slow

    @property
    def number_of_slow_failed_calls(self) -> int:
        self._window.refresh()
        return self._window.slow_failed

    @property
    def number_of_slow_successful_calls(self) -> int:
        self._window.refresh()
        return self._window.slow - self._window.slow_failed
