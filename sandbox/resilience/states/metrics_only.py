"""METRICS_ONLY: every call goes through and is measured; nothing opens."""

from __future__ import annotations

from sandbox.resilience.metrics import CircuitBreakerMetrics, Verdict
from sandbox.resilience.state import State
from sandbox.resilience.states.breaker_state import BreakerState, Machine

__all__ = ["MetricsOnlyState"]


class MetricsOnlyState(BreakerState):
    """Says once that the failure rate reached its threshold, and once that the slow call rate did."""

    __slots__ = ("_failure_rate_told", "_slow_call_rate_told")
    kind = State.METRICS_ONLY

    def __init__(self, breaker: Machine) -> None:
        super().__init__(breaker, CircuitBreakerMetrics(breaker.config, breaker.clock))
        self._failure_rate_told = False
        self._slow_call_rate_told = False

    def on_success(self, duration_ns: int) -> None:
        self._tell(self.metrics.record(False, duration_ns))

    def on_error(self, duration_ns: int) -> None:
        self._tell(self.metrics.record(True, duration_ns))

    def _tell(self, verdict: Verdict) -> None:
        if verdict.failure_rate and not self._failure_rate_told:
            self._failure_rate_told = True
            self.breaker.publish_failure_rate_exceeded(self.metrics.failure_rate)
        if verdict.slow_call_rate and not self._slow_call_rate_told:
            self._slow_call_rate_told = True
            self.breaker.publish_slow_call_rate_exceeded(self.metrics.slow_call_rate)
