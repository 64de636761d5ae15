"""One call on its way through a retry: `Retry.AsyncContext`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.resilience import retry_event as events
from sandbox.resilience.errors import MaxRetriesExceeded

if TYPE_CHECKING:
    from sandbox.resilience.retry import Retry

__all__ = ["GIVE_UP", "RetryContext"]

GIVE_UP = -1
"""No wait: there is no further attempt."""


class RetryContext:
    """Told how each attempt ended, answers how many milliseconds to wait before the next, or `GIVE_UP`.

    After a result with `GIVE_UP` comes `on_complete`.
    """

    __slots__ = ("_attempts", "_last_error", "_retry")

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._attempts = 0
        self._last_error: BaseException | None = None

    def on_error(self, error: BaseException) -> int:
        retry = self._retry
        retry.metrics.number_of_total_calls += 1
        if not retry.config.retries(error):
            retry.metrics.number_of_failed_calls_without_retry_attempt += 1
            retry.publish(events.RetryIgnoredErrorEvent, 0, error)
            return GIVE_UP
        self._last_error = error
        self._attempts += 1
        if self._attempts >= retry.config.max_attempts:
            retry.metrics.number_of_failed_calls_with_retry_attempt += 1
            retry.publish(events.RetryErrorEvent, self._attempts, error)
            return GIVE_UP
        wait_ms = retry.interval(self._attempts, None, error)
        if wait_ms < 0:
            retry.publish(events.RetryErrorEvent, self._attempts, error)
        else:
            retry.publish(events.RetryScheduledEvent, self._attempts, error, wait_ms)
        return wait_ms

    def on_result(self, result: Any) -> int:
        config = self._retry.config
        if config.retry_on_result_predicate is None or not config.retry_on_result_predicate(result):
            return GIVE_UP
        self._retry.metrics.number_of_total_calls += 1
        self._attempts += 1
        if self._attempts >= config.max_attempts:
            return GIVE_UP
        if config.consume_result_before_retry_attempt is not None:
            config.consume_result_before_retry_attempt(self._attempts, result)
        wait_ms = self._retry.interval(self._attempts, result, None)
        self._retry.publish(events.RetryScheduledEvent, self._attempts, None, wait_ms)
        return wait_ms

    def on_complete(self) -> None:
        """The call returned. Raises MaxRetriesExceeded if its results used up all attempts and the retry says so."""
        retry, attempts = self._retry, self._attempts
        config, metrics = retry.config, retry.metrics
        metrics.number_of_total_calls += 1
        if attempts == 0:
            metrics.number_of_successful_calls_without_retry_attempt += 1
        elif attempts < config.max_attempts:
            metrics.number_of_successful_calls_with_retry_attempt += 1
            retry.publish(events.RetrySuccessEvent, attempts, self._last_error)
        else:
            metrics.number_of_failed_calls_with_retry_attempt += 1
            error = None if config.fail_after_max_attempts else self._last_error
            exceeded = MaxRetriesExceeded(
                retry.name, attempts, "max retries is reached out for the result predicate check"
            )
            retry.publish(events.RetryErrorEvent, attempts, error or exceeded)
            if config.fail_after_max_attempts:
                raise MaxRetriesExceeded(retry.name, config.max_attempts)
