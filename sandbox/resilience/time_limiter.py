"""The time limiter: a call ends within its limit, or with CallTimedOut. The limit is in the clock's time."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, ParamSpec, Self, TypeVar

from sandbox.clock import Clock, SystemClock
from sandbox.errors import UsageError
from sandbox.resilience.errors import CallTimedOut
from sandbox.resilience.listeners import Listeners

__all__ = [
    "LimitedErrorEvent",
    "LimitedSuccessEvent",
    "TimeLimiter",
    "TimeLimiterConfig",
    "TimeLimiterEvent",
    "TimeLimiterEventPublisher",
    "TimeoutEvent",
]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimiterConfig:
    """Resilience4j's property names and defaults. Raises UsageError for a negative limit."""

    timeout_duration: timedelta = timedelta(seconds=1)
    """The limit."""
    cancel_running_future: bool = True
    """Cancel a call that is over its limit; without it, the call goes on and its outcome is thrown away."""

    def __post_init__(self) -> None:
        if self.timeout_duration < timedelta(0):
            raise UsageError("must not be negative", where="timeout_duration")


@dataclass(frozen=True, slots=True)
class TimeLimiterEvent:
    event_type: ClassVar[str]

    limiter_name: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class LimitedSuccessEvent(TimeLimiterEvent):
    event_type: ClassVar[str] = "SUCCESS"


@dataclass(frozen=True, slots=True)
class TimeoutEvent(TimeLimiterEvent):
    """The limit was reached, or the call itself raised a TimeoutError."""

    event_type: ClassVar[str] = "TIMEOUT"


@dataclass(frozen=True, slots=True)
class LimitedErrorEvent(TimeLimiterEvent):
    event_type: ClassVar[str] = "ERROR"
    error: BaseException


class TimeLimiterEventPublisher:
    """`limiter.event_publisher.on_timeout(print)`."""

    __slots__ = ("_listeners",)

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners

    def on_event(self, listener: Callable[[TimeLimiterEvent], object]) -> Self:
        self._listeners.add(listener)
        return self

    def on_success(self, listener: Callable[[LimitedSuccessEvent], object]) -> Self:
        self._listeners.add(listener, LimitedSuccessEvent)
        return self

    def on_timeout(self, listener: Callable[[TimeoutEvent], object]) -> Self:
        self._listeners.add(listener, TimeoutEvent)
        return self

    def on_error(self, listener: Callable[[LimitedErrorEvent], object]) -> Self:
        self._listeners.add(listener, LimitedErrorEvent)
        return self


class TimeLimiter:
    """`await TimeLimiter("capsule", TimeLimiterConfig(timeout_duration=…), clock).execute(call, …)`.

    `calls` counts by outcome: failed, successful, timeout.
    """

    __slots__ = ("_limit_s", "_listeners", "_running", "calls", "clock", "config", "event_publisher", "name")

    def __init__(self, name: str, config: TimeLimiterConfig | None = None, clock: Clock | None = None) -> None:
        self.name = name
        self.config = config or TimeLimiterConfig()
        self.clock: Clock = clock or SystemClock()
        self._limit_s = self.config.timeout_duration.total_seconds()
        self._running: set[asyncio.Future[Any]] = set()
        self.calls = {"failed": 0, "successful": 0, "timeout": 0}
        self._listeners = Listeners()
        self.event_publisher = TimeLimiterEventPublisher(self._listeners)

    async def execute(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """The call's result. Raises CallTimedOut (a TimeoutError) at the limit, else what the call raises."""
        try:
            if self.config.cancel_running_future:
                result = await self._cancelling(call(*args, **kwargs))
            else:
                result = await self._leaving(call(*args, **kwargs))
        except Exception as error:
            self.on_error(error)
            raise
        self.on_success()
        return result

    def decorate(self, call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """`call` within the limit; also as `@limiter`."""

        @functools.wraps(call)
        async def limited(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.execute(call, *args, **kwargs)

        return limited

    __call__ = decorate

    async def _cancelling(self, call: Awaitable[T]) -> T:
        """The call runs in this task; the alarm makes asyncio's own timeout end it."""
        scope = asyncio.timeout(None)
        alarm = asyncio.create_task(self._ring(scope))
        try:
            async with scope:
                result = await call
        except TimeoutError:
            if not scope.expired():
                raise
        finally:
            alarm.cancel()
        if scope.expired():
            # Also when the call caught its cancellation and returned: it was late all the same.
            raise CallTimedOut(self.name, self._limit_s)
        return result

    async def _ring(self, scope: asyncio.Timeout) -> None:
        await self.clock.sleep(self._limit_s)
        scope.reschedule(asyncio.get_running_loop().time())

    async def _leaving(self, call: Awaitable[T]) -> T:
        """The call runs in a task of its own, which may outlive the limit."""
        running = asyncio.ensure_future(call)
        self._running.add(running)
        running.add_done_callback(self._forget)
        alarm = asyncio.ensure_future(self.clock.sleep(self._limit_s))
        try:
            await asyncio.wait({running, alarm}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            running.cancel()
            raise
        finally:
            alarm.cancel()
        if running.done():
            return running.result()
        raise CallTimedOut(self.name, self._limit_s)

    def _forget(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()

    def on_success(self) -> None:
        self.calls["successful"] += 1
        if self._listeners.active:
            self._listeners.publish(LimitedSuccessEvent(self.name, self.clock.now_ms()))

    def on_timeout(self) -> None:
        self.calls["timeout"] += 1
        if self._listeners.active:
            self._listeners.publish(TimeoutEvent(self.name, self.clock.now_ms()))

    def on_error(self, error: BaseException) -> None:
        """As Resilience4j: a TimeoutError is a timeout, wherever it comes from."""
        if isinstance(error, TimeoutError):
            self.on_timeout()
            return
        self.calls["failed"] += 1
        if self._listeners.active:
            self._listeners.publish(LimitedErrorEvent(self.name, self.clock.now_ms(), error))
