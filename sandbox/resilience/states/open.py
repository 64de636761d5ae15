"""OPEN: no call goes through until the wait is over."""

from __future__ import annotations

from sandbox.resilience.metrics import CircuitBreakerMetrics
from sandbox.resilience.state import State
from sandbox.resilience.states.breaker_state import BreakerState, Machine

__all__ = ["OpenState"]


class OpenState(BreakerState):
    """Ends with the first call after `until_ns`, or at `until_ns` with automatic transition.

    It goes on with the metrics of the state before it: calls that were under way when the breaker opened still count.
    """

    __slots__ = ("_is_open", "_timer", "until_ns")
    kind = State.OPEN

    def __init__(self, breaker: Machine, metrics: CircuitBreakerMetrics, attempts: int, until_ns: int) -> None:
        super().__init__(breaker, metrics, attempts)
        self.until_ns = until_ns
        self._is_open = True
        automatic = breaker.config.automatic_transition_from_open_to_half_open_enabled
        self._timer = breaker.schedule(until_ns, self._half_open) if automatic else None

    def try_acquire_permission(self) -> bool:
        if self.breaker.now_ns() > self.until_ns:
            self._half_open()
            permitted = self.breaker.try_acquire_in_state()
            if not permitted:
                self.breaker.publish_call_not_permitted()
                self.metrics.on_call_not_permitted()
            return permitted
        self.metrics.on_call_not_permitted()
        return False

    def on_success(self, duration_ns: int) -> None:
        self.metrics.record(False, duration_ns)

    def on_error(self, duration_ns: int) -> None:
        self.metrics.record(True, duration_ns)

    def before_transition(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _half_open(self) -> None:
        if self._is_open:
            self._is_open = False
            self.breaker.transition_to_half_open_state()
