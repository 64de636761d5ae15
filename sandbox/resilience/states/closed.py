"""CLOSED: calls go through and are measured."""

from __future__ import annotations

from sandbox.resilience.metrics import CircuitBreakerMetrics, Verdict
from sandbox.resilience.state import State
from sandbox.resilience.states.breaker_state import BreakerState, Machine
from sandbox.resilience.transition_check import TransitionCheck

__all__ = ["ClosedState"]


class ClosedState(BreakerState):
    """Opens when a threshold is reached. Says which ones before the transition."""

    __slots__ = ("_is_closed",)
    kind = State.CLOSED

    def __init__(self, breaker: Machine) -> None:
        super().__init__(breaker, CircuitBreakerMetrics(breaker.config, breaker.clock))
        self._is_closed = True

    def try_acquire_permission(self) -> bool:
        # False only to a listener that calls the breaker while it is on its way to OPEN.
        return self._is_closed

    def acquire_permission(self) -> None:
        pass

    def on_success(self, duration_ns: int) -> None:
        verdict = self.metrics.record(False, duration_ns)
        if verdict.exceeded:
            self._open(verdict)

    def on_error(self, duration_ns: int) -> None:
        verdict = self.metrics.record(True, duration_ns)
        if verdict.exceeded:
            self._open(verdict)

    def handle_possible_transition(self, check: TransitionCheck) -> None:
        if not (check.opens and self._is_closed):
            return
        self._is_closed = False
        if check.wait is not None:
            self.breaker.transition_to_open_state_for(check.wait)
        elif check.until_ms is not None:
            self.breaker.transition_to_open_state_until(check.until_ms)
        else:
            self.breaker.transition_to_open_state()

    def _open(self, verdict: Verdict) -> None:
        if not self._is_closed:
            return
        self._is_closed = False
        if verdict.failure_rate:
            self.breaker.publish_failure_rate_exceeded(self.metrics.failure_rate)
        if verdict.slow_call_rate:
            self.breaker.publish_slow_call_rate_exceeded(self.metrics.slow_call_rate)
        self.breaker.transition_to_open_state()
