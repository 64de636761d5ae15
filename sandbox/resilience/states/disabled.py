"""DISABLED: every call goes through, nothing is measured."""

from __future__ import annotations

from sandbox.resilience.metrics import CircuitBreakerMetrics
from sandbox.resilience.state import State
from sandbox.resilience.states.breaker_state import BreakerState, Machine

__all__ = ["DisabledState"]


class DisabledState(BreakerState):
    __slots__ = ()
    kind = State.DISABLED

    def __init__(self, breaker: Machine) -> None:
        super().__init__(breaker, CircuitBreakerMetrics(breaker.config, breaker.clock, last_calls=0))
