"""Where listeners of a circuit breaker register: Resilience4j's `EventPublisher`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from sandbox.resilience import breaker_event as events
from sandbox.resilience.listeners import Listeners

__all__ = ["EventPublisher"]


class EventPublisher:
    """`breaker.event_publisher.on_state_transition(print).on_reset(print)`."""

    __slots__ = ("_listeners",)

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners

    def on_event(self, listener: Callable[[events.CircuitBreakerEvent], object]) -> Self:
        """Hear of every event, before the listeners of its type do."""
        self._listeners.add(listener)
        return self

    def on_success(self, listener: Callable[[events.SuccessEvent], object]) -> Self:
        return self._on(events.SuccessEvent, listener)

    def on_error(self, listener: Callable[[events.ErrorEvent], object]) -> Self:
        return self._on(events.ErrorEvent, listener)

    def on_ignored_error(self, listener: Callable[[events.IgnoredErrorEvent], object]) -> Self:
        return self._on(events.IgnoredErrorEvent, listener)

    def on_call_not_permitted(self, listener: Callable[[events.CallNotPermittedEvent], object]) -> Self:
        return self._on(events.CallNotPermittedEvent, listener)

    def on_state_transition(self, listener: Callable[[events.StateTransitionEvent], object]) -> Self:
        return self._on(events.StateTransitionEvent, listener)

    def on_reset(self, listener: Callable[[events.ResetEvent], object]) -> Self:
        return self._on(events.ResetEvent, listener)

    def on_failure_rate_exceeded(self, listener: Callable[[events.FailureRateExceededEvent], object]) -> Self:
        return self._on(events.FailureRateExceededEvent, listener)

    def on_slow_call_rate_exceeded(self, listener: Callable[[events.SlowCallRateExceededEvent], object]) -> Self:
        return self._on(events.SlowCallRateExceededEvent, listener)

    def remove(self, listener: Callable[..., object]) -> Self:
        """No longer call `listener`."""
        self._listeners.remove(listener)
        return self

    def _on(self, event_type: type, listener: Callable[..., object]) -> Self:
        self._listeners.add(listener, event_type)
        return self
