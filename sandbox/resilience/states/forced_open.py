"""FORCED_OPEN: no call goes through until somebody says otherwise."""

from __future__ import annotations

from sandbox.resilience.metrics import CircuitBreakerMetrics
from sandbox.resilience.state import State
from sandbox.resilience.states.breaker_state import BreakerState, Machine

__all__ = ["ForcedOpenState"]


class ForcedOpenState(BreakerState):
    """Counts the calls it does not permit, and nothing else."""

    __slots__ = ()
    kind = State.FORCED_OPEN

    def __init__(self, breaker: Machine, attempts: int) -> None:
        super().__init__(breaker, CircuitBreakerMetrics(breaker.config, breaker.clock, last_calls=0), attempts)

    def try_acquire_permission(self) -> bool:
        self.metrics.on_call_not_permitted()
        return False
