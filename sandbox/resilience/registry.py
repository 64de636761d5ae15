"""The circuit breakers of a service by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from sandbox.clock import NANOS, Clock
from sandbox.errors import UsageError
from sandbox.resilience.breaker_config import CircuitBreakerConfig
from sandbox.resilience.circuit_breaker import CircuitBreaker
from sandbox.resilience.guard import Guard
from sandbox.resilience.profile import ResilienceProfile
from sandbox.resilience.retry import Retry
from sandbox.resilience.time_limiter import TimeLimiter

__all__ = ["OPERATIONS", "CircuitBreakerRegistry"]


def _start_anew(breaker: CircuitBreaker) -> None:
    """Reset, with the timed transition called off that `CircuitBreaker.reset` leaves due; the events are the same."""
    breaker.transition_to_closed_state()
    breaker.reset()


OPERATIONS: dict[str, Callable[[CircuitBreaker], None]] = {
    "open": CircuitBreaker.transition_to_open_state,
    "close": CircuitBreaker.transition_to_closed_state,
    "half-open": CircuitBreaker.transition_to_half_open_state,
    "reset": _start_anew,
    "disable": CircuitBreaker.transition_to_disabled_state,
    "force-open": CircuitBreaker.transition_to_forced_open_state,
    "metrics-only": CircuitBreaker.transition_to_metrics_only_state,
}
"""What `sandbox breaker` and the admin API can do to a breaker."""

_LONGEST_SLEEP_S = 1.0


class CircuitBreakerRegistry:
    """Makes breakers, finds them by name, and, while `watch` runs, makes their timed transitions on time."""

    def __init__(self, clock: Clock, config: CircuitBreakerConfig | None = None) -> None:
        """`config` is for breakers that are made without one."""
        self.clock = clock
        self._config = config or CircuitBreakerConfig()
        self._breakers: dict[str, CircuitBreaker] = {}
        self._guards: dict[str, Guard] = {}
        self._on_added: list[Callable[[CircuitBreaker], object]] = []
        self._alarms: dict[str, asyncio.Task[None]] = {}
        self._watching: asyncio.TaskGroup | None = None

    def circuit_breaker(self, name: str, config: CircuitBreakerConfig | None = None) -> CircuitBreaker:
        """The breaker of that name; the first to ask makes it, with its `config`."""
        breaker = self._breakers.get(name)
        if breaker is None:
            breaker = CircuitBreaker(name, config or self._config, self.clock, on_scheduled=self._arm)
            self._breakers[name] = breaker
            for tell in self._on_added:
                tell(breaker)
        return breaker

    def guard(self, name: str, profile: ResilienceProfile) -> Guard:
        """Retry, breaker and time limiter of `profile` under one name; the first to ask makes them."""
        guard = self._guards.get(name)
        if guard is None:
            guard = Guard(
                retry=Retry(name, profile.retry, self.clock),
                circuit_breaker=self.circuit_breaker(name, profile.circuit_breaker),
                time_limiter=TimeLimiter(name, profile.time_limiter, self.clock),
            )
            self._guards[name] = guard
        return guard

    def find(self, name: str) -> CircuitBreaker:
        """Raises UsageError for an unknown name."""
        breaker = self._breakers.get(name)
        if breaker is None:
            known = ", ".join(self.names) or "there is none so far"
            raise UsageError(f"no circuit breaker is named {name!r}", where=name, hint=f"known: {known}")
        return breaker

    def operate(self, name: str, operation: str) -> CircuitBreaker:
        """Do one of `OPERATIONS`. Raises UsageError for an unknown name or operation, and IllegalStateTransition."""
        breaker = self.find(name)
        if operation not in OPERATIONS:
            raise UsageError(f"unknown operation {operation!r}", where=name, hint=f"one of {', '.join(OPERATIONS)}")
        OPERATIONS[operation](breaker)
        return breaker

    def reset(self) -> None:
        """Every breaker back to a new CLOSED, with nothing due."""
        for breaker in self._breakers.values():
            _start_anew(breaker)

    def on_added(self, tell: Callable[[CircuitBreaker], object]) -> None:
        """Call `tell` with each breaker: those there are, now, and each new one when it is made."""
        self._on_added.append(tell)
        for breaker in self._breakers.values():
            tell(breaker)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._breakers))

    @property
    def guards(self) -> dict[str, Guard]:
        return dict(self._guards)

    def __iter__(self) -> Iterator[CircuitBreaker]:
        return iter([self._breakers[name] for name in self.names])

    def __len__(self) -> int:
        return len(self._breakers)

    async def watch(self) -> None:
        """Make timed transitions when they are due, until cancelled. One watch at a time."""
        if self._watching is not None:
            raise RuntimeError("this registry is watched already")
        async with asyncio.TaskGroup() as group:
            self._watching = group
            try:
                for breaker in self._breakers.values():
                    self._arm(breaker)
                await asyncio.get_running_loop().create_future()
            finally:
                self._watching = None
                for alarm in self._alarms.values():
                    alarm.cancel()
                self._alarms.clear()

    def _arm(self, breaker: CircuitBreaker) -> None:
        """Have one alarm for the breaker, unless it has one that will look at the time soon."""
        if self._watching is None or breaker.name in self._alarms or breaker.next_due_ns is None:
            return
        self._alarms[breaker.name] = self._watching.create_task(self._ring(breaker))

    async def _ring(self, breaker: CircuitBreaker) -> None:
        try:
            while (due_ns := breaker.next_due_ns) is not None:
                left_s = (due_ns - self.clock.monotonic_ns()) / NANOS
                if left_s <= 0:
                    breaker.settle()
                else:
                    # In short pieces: the clock's speed may change, and an earlier transition may be scheduled.
                    await self.clock.sleep(min(left_s, _LONGEST_SLEEP_S))
        finally:
            self._alarms.pop(breaker.name, None)
