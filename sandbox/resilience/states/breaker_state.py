"""What every state of a breaker answers to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar, Protocol

from sandbox.clock import Clock
from sandbox.resilience.breaker_config import CircuitBreakerConfig
from sandbox.resilience.errors import CallNotPermitted
from sandbox.resilience.metrics import CircuitBreakerMetrics
from sandbox.resilience.state import State
from sandbox.resilience.timers import Timer
from sandbox.resilience.transition_check import TransitionCheck

__all__ = ["BreakerState", "Machine"]


class Machine(Protocol):
    """The breaker, as its states see it."""

    name: str
    config: CircuitBreakerConfig
    clock: Clock

    @property
    def state(self) -> State: ...
    def now_ns(self) -> int: ...
    def schedule(self, due_ns: int, action: Callable[[], None]) -> Timer: ...
    def try_acquire_in_state(self) -> bool: ...
    def transition_to_closed_state(self) -> None: ...
    def transition_to_open_state(self) -> None: ...
    def transition_to_open_state_for(self, wait: timedelta) -> None: ...
    def transition_to_open_state_until(self, until_ms: int) -> None: ...
    def transition_to_half_open_state(self) -> None: ...
    def publish_call_not_permitted(self) -> None: ...
    def publish_failure_rate_exceeded(self, failure_rate: float) -> None: ...
    def publish_slow_call_rate_exceeded(self, slow_call_rate: float) -> None: ...


class BreakerState:
    """`attempts` counts how often the breaker opened in a row. What a state does not override has no effect in it."""

    __slots__ = ("attempts", "breaker", "metrics")
    kind: ClassVar[State]

    def __init__(self, breaker: Machine, metrics: CircuitBreakerMetrics, attempts: int = 0) -> None:
        self.breaker = breaker
        self.metrics = metrics
        self.attempts = attempts

    def try_acquire_permission(self) -> bool:
        return True

    def acquire_permission(self) -> None:
        """Raises CallNotPermitted."""
        if not self.try_acquire_permission():
            raise CallNotPermitted(self.breaker.name, self.breaker.state)

    def release_permission(self) -> None:
        pass

    def on_success(self, duration_ns: int) -> None:
        pass

    def on_error(self, duration_ns: int) -> None:
        pass

    def handle_possible_transition(self, check: TransitionCheck) -> None:
        pass

    def before_transition(self) -> None:
        """Called before the breaker goes on to another state (or anew to this one), but not by `reset`."""
