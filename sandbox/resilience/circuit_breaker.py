"""The circuit breaker: Resilience4j 2.2.0's state machine, on the sandbox's clock.

Resilience4j's face in snake case, durations in nanoseconds:

    if breaker.try_acquire_permission():        # or acquire_permission(), which raises CallNotPermitted
        breaker.on_result(duration_ns, result)  # or on_success(duration_ns), or on_error(duration_ns, error)

and above it `execute`, `@breaker` and `async with breaker.permission()`. One breaker belongs to one thread.

Transitions that are due at a time (automatic HALF_OPEN, the longest HALF_OPEN) happen at that time when a
`CircuitBreakerRegistry` watches the breaker; without one they are made up for at the next use, as of the time they
were due.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from sandbox.clock import Clock, SystemClock
from sandbox.resilience import actuator
from sandbox.resilience import breaker_event as events
from sandbox.resilience.breaker_config import CircuitBreakerConfig
from sandbox.resilience.duration import to_ms
from sandbox.resilience.errors import CallNotPermitted, IllegalStateTransition, ResultRecordedAsFailure
from sandbox.resilience.event_publisher import EventPublisher
from sandbox.resilience.listeners import Listeners
from sandbox.resilience.metrics import CircuitBreakerMetrics
from sandbox.resilience.permission import Permission
from sandbox.resilience.state import TRANSITIONS, State
from sandbox.resilience.states.breaker_state import BreakerState
from sandbox.resilience.states.closed import ClosedState
from sandbox.resilience.states.disabled import DisabledState
from sandbox.resilience.states.forced_open import ForcedOpenState
from sandbox.resilience.states.half_open import HalfOpenState
from sandbox.resilience.states.metrics_only import MetricsOnlyState
from sandbox.resilience.states.open import OpenState
from sandbox.resilience.timeline import StateEntered
from sandbox.resilience.timers import Timer, Timers

__all__ = ["CircuitBreaker"]

P = ParamSpec("P")
T = TypeVar("T")

_TIMELINE_LENGTH = 100
_NANOS_PER_MS = 1_000_000


class CircuitBreaker:
    """`CircuitBreaker("capsule", CircuitBreakerConfig(sliding_window_size=10), clock)`."""

    __slots__ = (
        "__weakref__", "_firing_ns", "_listeners", "_looks_at_results", "_on_scheduled", "_open_wait", "_pending",
        "_state", "_timeline", "_timers", "clock", "config", "event_publisher", "name", "tags",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        config: CircuitBreakerConfig | None = None,
        clock: Clock | None = None,
        *,
        tags: Mapping[str, str] = MappingProxyType({}),
        on_scheduled: Callable[[CircuitBreaker], None] | None = None,
    ) -> None:
        """`on_scheduled` is told whenever `next_due_ns` may have changed."""
        self.name = name
        self.config = config or CircuitBreakerConfig()
        self.clock: Clock = clock or SystemClock()
        self.tags = tags
        self._on_scheduled = on_scheduled
        self._open_wait = self.config.open_wait
        self._looks_at_results = bool(self.config.record_result_predicate or self.config.transition_on_result)
        self._listeners = Listeners()
        self.event_publisher = EventPublisher(self._listeners)
        self._timers = Timers()
        self._pending = self._timers.pending
        self._firing_ns: int | None = None
        self._state: BreakerState = ClosedState(self)
        self._timeline = deque([StateEntered(self._at_ms(), State.CLOSED)], maxlen=_TIMELINE_LENGTH)

    def __repr__(self) -> str:
        return f"CircuitBreaker({self.name!r}, {self._state.kind})"

    # Permission

    def try_acquire_permission(self) -> bool:
        """Whether a call may be made now. One that may has to be followed by `on_…` or `release_permission`."""
        if self._pending:
            self.settle()
        if self._state.try_acquire_permission():
            return True
        self.publish_call_not_permitted()
        return False

    def acquire_permission(self) -> None:
        """As `try_acquire_permission`, but raises CallNotPermitted."""
        if self._pending:
            self.settle()
        try:
            self._state.acquire_permission()
        except CallNotPermitted:
            self.publish_call_not_permitted()
            raise

    def release_permission(self) -> None:
        """Give a permission back without an outcome: HALF_OPEN lets another call through in its place."""
        if self._pending:
            self.settle()
        self._state.release_permission()

    # Outcomes

    def on_success(self, duration_ns: int) -> None:
        """The call succeeded after `duration_ns`. It counts in the state that the breaker is in by now."""
        if self._pending:
            self.settle()
        if self._listeners.active:
            self._publish(events.SuccessEvent, duration_ns)
        self._state.on_success(duration_ns)

    def on_error(self, duration_ns: int, error: BaseException) -> None:
        """The call failed: ignored, a failure, or (when neither recorded nor ignored) a success."""
        if self._pending:
            self.settle()
        config = self.config
        if config.ignores(error):
            self._state.release_permission()
            self._publish(events.IgnoredErrorEvent, duration_ns, error)
            return
        if config.records(error):
            self._publish(events.ErrorEvent, duration_ns, error)
            self._state.on_error(duration_ns)
        else:
            self._publish(events.SuccessEvent, duration_ns)
            self._state.on_success(duration_ns)
        if config.transition_on_result is not None:
            self._state.handle_possible_transition(config.transition_on_result(None, error))

    def on_result(self, duration_ns: int, result: Any) -> None:
        """The call returned `result`: a failure if `record_result_predicate` says so, else a success."""
        if result is None or not self._looks_at_results:
            self.on_success(duration_ns)
            return
        if self._pending:
            self.settle()
        config = self.config
        if config.record_result_predicate is not None and config.record_result_predicate(result):
            if self._listeners.active:
                self._publish(events.ErrorEvent, duration_ns, ResultRecordedAsFailure(self.name, result))
            self._state.on_error(duration_ns)
            return
        self.on_success(duration_ns)
        if config.transition_on_result is not None:
            self._state.handle_possible_transition(config.transition_on_result(result, None))

    # Calls

    async def execute(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make the call if it is permitted and record how it ends. Raises CallNotPermitted, or what the call raises.

        A cancelled call counts as nothing: its permission is given back.
        """
        with Permission(self) as permission:
            result = permission.result = await call(*args, **kwargs)
        return result

    def decorate(self, call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """`call` behind this breaker, as `execute` makes it; also as `@breaker`."""

        # As Permission does it, written out because this is the path that has to be quick.
        @functools.wraps(call)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            self.acquire_permission()
            now = self.clock.monotonic_ns
            start_ns = now()
            try:
                result = await call(*args, **kwargs)
                if self._looks_at_results:
                    self.on_result(now() - start_ns, result)
                else:
                    self.on_success(now() - start_ns)
            except Exception as error:
                self.on_error(now() - start_ns, error)
                raise
            except BaseException:
                self.release_permission()
                raise
            return result

        return guarded

    __call__ = decorate

    def permission(self) -> Permission:
        """`async with breaker.permission() as call:` (or `with`): the block is the call; see `Permission`."""
        return Permission(self)

    # State

    @property
    def state(self) -> State:
        if self._pending:
            self.settle()
        return self._state.kind

    @property
    def metrics(self) -> CircuitBreakerMetrics:
        """The metrics of the present state."""
        if self._pending:
            self.settle()
        return self._state.metrics

    @property
    def timeline(self) -> tuple[StateEntered, ...]:
        """The last states the breaker entered, oldest first; the last one is the present state."""
        if self._pending:
            self.settle()
        return tuple(self._timeline)

    @property
    def time_until_half_open_s(self) -> float | None:
        """Seconds until OPEN lets a call through; 0 when the next call may try. None in every other state."""
        if self._pending:
            self.settle()
        if not isinstance(self._state, OpenState):
            return None
        return max(0, self._state.until_ns - self.now_ns()) / 1_000_000_000

    def to_actuator(self) -> dict[str, Any]:
        """This breaker's entry in `/actuator/circuitbreakers`; see `actuator.to_actuator`."""
        return actuator.to_actuator(self)

    def to_status(self) -> dict[str, Any]:
        """The same with rates as numbers, the time until HALF_OPEN and the timeline; see `actuator.to_status`."""
        return actuator.to_status(self)

    def transition_to_closed_state(self) -> None:
        """Begin a new CLOSED. This and the other transitions raise IllegalStateTransition where there is none."""
        self._transition(State.CLOSED, lambda _: ClosedState(self))

    def transition_to_open_state(self) -> None:
        """Open for the configured wait; in a row of openings, for the next one's."""

        def opened(current: BreakerState) -> BreakerState:
            attempts = current.attempts + 1
            return OpenState(self, current.metrics, attempts, self._in_ms(self._open_wait(attempts)))

        self._transition(State.OPEN, opened)

    def transition_to_open_state_for(self, wait: timedelta) -> None:
        """Open for `wait`, cut to milliseconds; does not count as an opening of the row."""
        self._open_until(lambda: self._in_ms(to_ms(wait)))

    def transition_to_open_state_until(self, until_ms: int) -> None:
        """Open until `until_ms`, epoch milliseconds of the breaker's clock; does not count as an opening of the row."""
        self._open_until(lambda: (self.now_ns() // _NANOS_PER_MS + until_ms - self._at_ms()) * _NANOS_PER_MS)

    def transition_to_half_open_state(self) -> None:
        self._transition(State.HALF_OPEN, lambda current: HalfOpenState(self, current.attempts))

    def transition_to_disabled_state(self) -> None:
        self._transition(State.DISABLED, lambda _: DisabledState(self))

    def transition_to_metrics_only_state(self) -> None:
        self._transition(State.METRICS_ONLY, lambda _: MetricsOnlyState(self))

    def transition_to_forced_open_state(self) -> None:
        self._transition(State.FORCED_OPEN, lambda current: ForcedOpenState(self, current.attempts + 1))

    def reset(self) -> None:
        """Back to a new CLOSED from any state.

        As in Resilience4j a transition that was due at a time stays due, and happens then if it is legal.
        """
        if self._pending:
            self.settle()
        previous = self._state.kind
        self._enter(ClosedState(self))
        if previous is not State.CLOSED:
            self._publish(events.StateTransitionEvent, previous, State.CLOSED)
        self._publish(events.ResetEvent)

    def _open_until(self, until_ns: Callable[[], int]) -> None:
        self._transition(State.OPEN, lambda current: OpenState(self, current.metrics, current.attempts, until_ns()))

    def _transition(self, to_state: State, make: Callable[[BreakerState], BreakerState]) -> None:
        if self._pending:
            self.settle()
        current = self._state
        if to_state not in TRANSITIONS[current.kind]:
            raise IllegalStateTransition(self.name, current.kind, to_state)
        current.before_transition()
        self._enter(make(current))
        if current.kind is not to_state:
            self._publish(events.StateTransitionEvent, current.kind, to_state)

    def _enter(self, state: BreakerState) -> None:
        if state.kind is not self._state.kind:
            self._timeline.append(StateEntered(self._at_ms(), state.kind))
        self._state = state

    # Time

    def now_ns(self) -> int:
        """The clock's time; while a transition is made up for, the time at which it was due."""
        return self.clock.monotonic_ns() if self._firing_ns is None else self._firing_ns

    @property
    def next_due_ns(self) -> int | None:
        """When the next transition is due that needs no call, on the clock's `monotonic_ns`."""
        return self._timers.next_due_ns

    def settle(self) -> None:
        """Make the transitions that are due by now. Every other method does so first."""
        if self._firing_ns is not None:
            return
        now_ns = self.clock.monotonic_ns()
        try:
            while (timer := self._timers.pop_due(now_ns)) is not None:
                self._firing_ns = timer.due_ns
                # A timer that outlived a reset may find a state which it cannot leave.
                with suppress(IllegalStateTransition):
                    timer.action()
        finally:
            self._firing_ns = None

    def _in_ms(self, wait_ms: int) -> int:
        return self.now_ns() + wait_ms * _NANOS_PER_MS

    def _at_ms(self) -> int:
        if self._firing_ns is None:
            return self.clock.now_ms()
        return self.clock.now_ms() - (self.clock.monotonic_ns() - self._firing_ns) // _NANOS_PER_MS

    # For the states

    def schedule(self, due_ns: int, action: Callable[[], None]) -> Timer:
        timer = self._timers.schedule(max(due_ns, self.now_ns()), action)
        if self._on_scheduled is not None:
            self._on_scheduled(self)
        return timer

    def try_acquire_in_state(self) -> bool:
        """As `try_acquire_permission`, without the event."""
        return self._state.try_acquire_permission()

    def publish_call_not_permitted(self) -> None:
        self._publish(events.CallNotPermittedEvent)

    def publish_failure_rate_exceeded(self, failure_rate: float) -> None:
        self._publish(events.FailureRateExceededEvent, failure_rate)

    def publish_slow_call_rate_exceeded(self, slow_call_rate: float) -> None:
        self._publish(events.SlowCallRateExceededEvent, slow_call_rate)

    def _publish(self, event_type: type[events.CircuitBreakerEvent], *details: Any) -> None:
        if not self._listeners.wants(event_type):
            return
        state = self._state.kind
        if event_type.always_published or state.allows_events:
            self._listeners.publish(event_type(self.name, self._at_ms(), state, *details))
