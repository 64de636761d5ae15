"""Retry, breaker and time limiter around a call, in Resilience4j's order."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar

from sandbox.resilience.circuit_breaker import CircuitBreaker
from sandbox.resilience.retry import Retry
from sandbox.resilience.time_limiter import TimeLimiter

__all__ = ["Guard"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Retry ( CircuitBreaker ( TimeLimiter ( call ) ) ): each part may be absent.

    Each attempt asks the breaker and has the whole time limit. An open breaker's CallNotPermitted is retried like any
    error, unless the retry ignores it.
    """

    retry: Retry | None = None
    circuit_breaker: CircuitBreaker | None = None
    time_limiter: TimeLimiter | None = None

    async def execute(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make the call. Raises CallNotPermitted, CallTimedOut, MaxRetriesExceeded, or what the call raises."""
        for part in (self.time_limiter, self.circuit_breaker, self.retry):
            if part is not None:
                call = functools.partial(part.execute, call)  # type: ignore[assignment]
        return await call(*args, **kwargs)

    def decorate(
        self,
        call: Callable[P, Awaitable[T]],
        fallback: Callable[..., Awaitable[T]] | None = None,
        *,
        fallback_on: type[Exception] | tuple[type[Exception], ...] = Exception,
        fallback_at: Literal["retry", "circuit_breaker"] = "retry",
    ) -> Callable[P, Awaitable[T]]:
        """`call` behind this guard; `fallback` is awaited with the call's arguments and then the error.

        `fallback_at` says where errors of `fallback_on` end: "retry" after the last attempt; "circuit_breaker" at the
        first error, as Spring's `@CircuitBreaker(fallbackMethod)` does, so that nothing is left to retry.
        """
        inner = Guard(circuit_breaker=self.circuit_breaker, time_limiter=self.time_limiter)
        if fallback is None:
            guarded: Callable[..., Awaitable[T]] = functools.partial(self.execute, call)
        elif fallback_at == "retry":
            guarded = _falling_back(functools.partial(self.execute, call), fallback, fallback_on)
        else:
            guarded = _falling_back(functools.partial(inner.execute, call), fallback, fallback_on)
            if self.retry is not None:
                guarded = functools.partial(self.retry.execute, guarded)

        @functools.wraps(call)
        async def decorated(*args: P.args, **kwargs: P.kwargs) -> T:
            return await guarded(*args, **kwargs)

        return decorated


def _falling_back(
    call: Callable[..., Awaitable[T]],
    fallback: Callable[..., Awaitable[T]],
    fallback_on: type[Exception] | tuple[type[Exception], ...],
) -> Callable[..., Awaitable[T]]:
    async def attempt(*args: Any, **kwargs: Any) -> T:
        try:
            return await call(*args, **kwargs)
        except fallback_on as error:
            return await fallback(*args, error, **kwargs)

    return attempt
