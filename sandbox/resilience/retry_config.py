"""How a retry behaves: Resilience4j's property names in snake case, and its defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from sandbox.errors import UsageError
from sandbox.resilience.breaker_config import ErrorTypes
from sandbox.resilience.duration import to_ms
from sandbox.resilience.interval import IntervalFunction

__all__ = ["IntervalBiFunction", "RetryConfig"]

IntervalBiFunction: TypeAlias = Callable[[int, Any, BaseException | None], int]
"""From an attempt (1, 2, …), its result and its error (one of the two is None) to milliseconds; < 0 gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryConfig:
    """Raises UsageError, whose `where` is the property, for a value that Resilience4j refuses too."""

    max_attempts: int = 3
    """Attempts in all, the first one included: 3 attempts are 2 retries."""
    wait_duration: timedelta = timedelta(milliseconds=500)
    """Between attempts; whole milliseconds, may be 0."""
    interval_function: IntervalFunction | None = None
    """In place of a fixed wait: from the attempt that failed (1, 2, …) to milliseconds."""
    interval_bi_function: IntervalBiFunction | None = None
    """In place of both: may look at the outcome (a Retry-After, say)."""
    retry_on_result_predicate: Callable[[Any], bool] | None = None
    """Results that ask for another attempt."""
    retry_on_exception_predicate: Callable[[BaseException], bool] | None = None
    """Errors that ask for another attempt; as `retry_exceptions`, either may say so."""
    retry_exceptions: ErrorTypes = ()
    """Errors that ask for another attempt; with neither these nor the predicate all do."""
    ignore_exceptions: ErrorTypes = ()
    """Errors that are raised at once; they win over the above."""
    fail_after_max_attempts: bool = False
    """When the last result still asks for another attempt: raise MaxRetriesExceeded in place of returning it."""
    consume_result_before_retry_attempt: Callable[[int, Any], object] | None = None
    """Called with the attempt and its result before each retry that a result asked for (to close a body, say)."""

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise UsageError("must be greater than or equal to 1", where="max_attempts")
        if to_ms(self.wait_duration) < 0:
            raise UsageError("must not be negative", where="wait_duration")
        if self.interval_function is not None and self.interval_bi_function is not None:
            raise UsageError("is given together with interval_function", where="interval_bi_function")

    @property
    def interval(self) -> IntervalBiFunction:
        """The wait after an attempt, as the function of any of the three kinds."""
        if self.interval_bi_function is not None:
            return self.interval_bi_function
        by_attempt = self.interval_function
        if by_attempt is not None:
            return lambda attempt, _result, _error: by_attempt(attempt)
        wait_ms = to_ms(self.wait_duration)
        return lambda _attempt, _result, _error: wait_ms

    def retries(self, error: BaseException) -> bool:
        if self.ignore_exceptions and isinstance(error, self.ignore_exceptions):
            return False
        if self.retry_exceptions and isinstance(error, self.retry_exceptions):
            return True
        if self.retry_on_exception_predicate is not None:
            return self.retry_on_exception_predicate(error)
        return not self.retry_exceptions
