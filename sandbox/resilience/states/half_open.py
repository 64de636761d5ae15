"""HALF_OPEN: a few calls try whether the other side is back."""

from __future__ import annotations

from sandbox.resilience.duration import to_ms
from sandbox.resilience.metrics import CircuitBreakerMetrics, Verdict
from sandbox.resilience.state import State
from sandbox.resilience.states.breaker_state import BreakerState, Machine

__all__ = ["HalfOpenState"]


class HalfOpenState(BreakerState):
    """Opens or closes by the first verdict: after the permitted calls, or the minimum number of calls if that is less.

    No events name the thresholds here, only the transition. Ignored errors give their permit back.
    """

    __slots__ = ("_is_half_open", "_permits", "_timer")
    kind = State.HALF_OPEN

    def __init__(self, breaker: Machine, attempts: int) -> None:
        self._permits = breaker.config.permitted_number_of_calls_in_half_open_state
        super().__init__(
            breaker, CircuitBreakerMetrics(breaker.config, breaker.clock, last_calls=self._permits), attempts
        )
        self._is_half_open = True
        wait_ms = to_ms(breaker.config.max_wait_duration_in_half_open_state)
        self._timer = breaker.schedule(breaker.now_ns() + wait_ms * 1_000_000, self._open) if wait_ms >= 1 else None

    def try_acquire_permission(self) -> bool:
        if self._permits > 0:
            self._permits -= 1
            return True
        self.metrics.on_call_not_permitted()
        return False

    def release_permission(self) -> None:
        self._permits += 1

    def on_success(self, duration_ns: int) -> None:
        self._decide(self.metrics.record(False, duration_ns))

    def on_error(self, duration_ns: int) -> None:
        self._decide(self.metrics.record(True, duration_ns))

    def before_transition(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _decide(self, verdict: Verdict) -> None:
        if verdict.exceeded:
            self._open()
        elif verdict.measured and self._is_half_open:
            self._is_half_open = False
            self.breaker.transition_to_closed_state()

    def _open(self) -> None:
        if self._is_half_open:
            self._is_half_open = False
            self.breaker.transition_to_open_state()
