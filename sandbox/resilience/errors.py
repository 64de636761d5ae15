"""What the breaker, the retry and the time limiter raise.

UpstreamUnavailable
├── CallNotPermitted        the breaker is open: the call was not made
├── CallTimedOut            the time limiter gave up (also a TimeoutError)
└── MaxRetriesExceeded      every attempt gave a result that asked for another one
UsageError
└── IllegalStateTransition  the breaker cannot go from its state to that one
SandboxError
└── ResultRecordedAsFailure never raised: the error of an event about a result that counts as a failure
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import SandboxError, UpstreamUnavailable, UsageError

__all__ = [
    "CallNotPermitted",
    "CallTimedOut",
    "IllegalStateTransition",
    "MaxRetriesExceeded",
    "ResultRecordedAsFailure",
]


class CallNotPermitted(UpstreamUnavailable):
    """`breaker` did not permit the call in `state` (OPEN, FORCED_OPEN, or HALF_OPEN without permits left)."""

    def __init__(self, breaker: str, state: str) -> None:
        super().__init__(f"CircuitBreaker '{breaker}' is {state} and does not permit further calls", where=breaker)
        self.breaker = breaker
        self.state = state


class CallTimedOut(UpstreamUnavailable, TimeoutError):
    """The call did not end within `limit_s` seconds of the sandbox's clock."""

    def __init__(self, limiter: str, limit_s: float) -> None:
        super().__init__(f"TimeLimiter '{limiter}' recorded a timeout exception.", where=limiter)
        self.limiter = limiter
        self.limit_s = limit_s


class MaxRetriesExceeded(UpstreamUnavailable):
    """`attempts` attempts were made and the last result still asked for another one."""

    def __init__(self, retry: str, attempts: int, message: str | None = None) -> None:
        super().__init__(message or f"Retry '{retry}' has exhausted all attempts ({attempts})", where=retry)
        self.retry = retry
        self.attempts = attempts


class IllegalStateTransition(UsageError):
    """`from_state` has no transition to `to_state`; the table is `sandbox.resilience.state.TRANSITIONS`."""

    def __init__(self, breaker: str, from_state: str, to_state: str) -> None:
        super().__init__(
            f"CircuitBreaker '{breaker}' tried an illegal state transition from {from_state} to {to_state}",
            where=breaker,
            hint="close it first",
        )
        self.breaker = breaker
        self.from_state = from_state
        self.to_state = to_state


class ResultRecordedAsFailure(SandboxError):
    """`result` was returned, and the breaker's `record_result_predicate` calls it a failure."""

    def __init__(self, breaker: str, result: Any) -> None:
        super().__init__(f"CircuitBreaker '{breaker}' has recorded '{result}' as a failure", where=breaker)
        self.breaker = breaker
        self.result = result
