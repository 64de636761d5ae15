"""The retry: Resilience4j 2.2.0's, as its asynchronous form behaves, on the sandbox's clock."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, Self, TypeVar

from sandbox.clock import Clock, SystemClock
from sandbox.resilience import retry_event as events
from sandbox.resilience.listeners import Listeners
from sandbox.resilience.retry_config import RetryConfig
from sandbox.resilience.retry_context import RetryContext

__all__ = ["Retry", "RetryEventPublisher", "RetryMetrics"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class RetryMetrics:
    """Calls by outcome, and attempts in all."""

    number_of_successful_calls_without_retry_attempt: int = 0
    number_of_successful_calls_with_retry_attempt: int = 0
    number_of_failed_calls_without_retry_attempt: int = 0
    number_of_failed_calls_with_retry_attempt: int = 0
    number_of_total_calls: int = 0
    """Attempts. A call whose results used up all attempts counts one more, as in Resilience4j."""


class RetryEventPublisher:
    """`retry.event_publisher.on_retry(print).on_error(print)`."""

    __slots__ = ("_listeners",)

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners

    def on_event(self, listener: Callable[[events.RetryEvent], object]) -> Self:
        self._listeners.add(listener)
        return self

    def on_retry(self, listener: Callable[[events.RetryScheduledEvent], object]) -> Self:
        self._listeners.add(listener, events.RetryScheduledEvent)
        return self

    def on_success(self, listener: Callable[[events.RetrySuccessEvent], object]) -> Self:
        self._listeners.add(listener, events.RetrySuccessEvent)
        return self

    def on_error(self, listener: Callable[[events.RetryErrorEvent], object]) -> Self:
        self._listeners.add(listener, events.RetryErrorEvent)
        return self

    def on_ignored_error(self, listener: Callable[[events.RetryIgnoredErrorEvent], object]) -> Self:
        self._listeners.add(listener, events.RetryIgnoredErrorEvent)
        return self


class Retry:
    """`await Retry("capsule", RetryConfig(max_attempts=3), clock).execute(call, …)`."""

    __slots__ = ("_listeners", "clock", "config", "event_publisher", "interval", "metrics", "name")

    def __init__(self, name: str, config: RetryConfig | None = None, clock: Clock | None = None) -> None:
        self.name = name
        self.config = config or RetryConfig()
        self.clock: Clock = clock or SystemClock()
        self.interval = self.config.interval
        self.metrics = RetryMetrics()
        self._listeners = Listeners()
        self.event_publisher = RetryEventPublisher(self._listeners)

    def context(self) -> RetryContext:
        """The low-level face: one context for one call."""
        return RetryContext(self)

    async def execute(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make the call, and again while it asks for it. Raises what the last attempt raised, or MaxRetriesExceeded."""
        context = self.context()
        while True:
            try:
                result = await call(*args, **kwargs)
            except Exception as error:
                wait_ms = context.on_error(error)
                if wait_ms < 0:
                    raise
            else:
                wait_ms = context.on_result(result)
                if wait_ms < 0:
                    context.on_complete()
                    return result
            await self.clock.sleep(wait_ms / 1000)

    def decorate(self, call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """`call` with this retry; also as `@retry`."""

        @functools.wraps(call)
        async def retried(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.execute(call, *args, **kwargs)

        return retried

    __call__ = decorate

    def publish(self, event_type: type[events.RetryEvent], *details: Any) -> None:
        if self._listeners.wants(event_type):
            self._listeners.publish(event_type(self.name, self.clock.now_ms(), *details))
