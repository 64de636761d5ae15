"""The platform's resilience profiles, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.errors import UsageError
from sandbox.resilience.breaker_config import CircuitBreakerConfig
from sandbox.resilience.interval import exponential
from sandbox.resilience.retry_config import RetryConfig
from sandbox.resilience.time_limiter import TimeLimiterConfig

__all__ = ["PROFILES", "ResilienceProfile", "profile_named"]


@dataclass(frozen=True, slots=True)
class ResilienceProfile:
    """What one call is guarded by."""

    name: str
    circuit_breaker: CircuitBreakerConfig
    retry: RetryConfig
    time_limiter: TimeLimiterConfig


def _profile(
    name: str,
    *,
    window: int,
    minimum: int,
    half_open: int,
    open_wait_s: float,
    slow_percent: float,
    slow_s: float,
    retry_ms: int,
    retry_max_ms: int,
    limit_s: float,
) -> ResilienceProfile:
    """What all profiles share: COUNT_BASED, automatic transition, 50 % failures, 3 attempts with waits that double."""
    return ResilienceProfile(
        name,
        CircuitBreakerConfig(
            sliding_window_size=window,
            minimum_number_of_calls=minimum,
            permitted_number_of_calls_in_half_open_state=half_open,
            automatic_transition_from_open_to_half_open_enabled=True,
            wait_duration_in_open_state=timedelta(seconds=open_wait_s),
            failure_rate_threshold=50,
            slow_call_rate_threshold=slow_percent,
            slow_call_duration_threshold=timedelta(seconds=slow_s),
        ),
        RetryConfig(max_attempts=3, interval_function=exponential(retry_ms, 2.0, retry_max_ms)),
        TimeLimiterConfig(timeout_duration=timedelta(seconds=limit_s)),
    )


PROFILES = {
    profile.name: profile
    for profile in (
        _profile("default", window=10, minimum=5, half_open=3, open_wait_s=30, slow_percent=80, slow_s=2,
                 retry_ms=500, retry_max_ms=5_000, limit_s=30),
        _profile("internal-service", window=10, minimum=5, half_open=3, open_wait_s=15, slow_percent=90, slow_s=1,
                 retry_ms=200, retry_max_ms=2_000, limit_s=10),
        _profile("external-api", window=20, minimum=10, half_open=5, open_wait_s=60, slow_percent=70, slow_s=5,
                 retry_ms=1_000, retry_max_ms=10_000, limit_s=60),
        _profile("demo", window=10, minimum=5, half_open=3, open_wait_s=2, slow_percent=90, slow_s=1,
                 retry_ms=50, retry_max_ms=500, limit_s=3),
    )
}  # fmt: skip
"""`default`, `internal-service` and `external-api` are the platform's. `demo` has internal-service's windows and
thresholds with short waits (OPEN 2 s, retries after 50 ms and 100 ms, limit 3 s), so that no scenario waits out a real
minute."""


def profile_named(name: str) -> ResilienceProfile:
    """Raises UsageError for a name that is none of `PROFILES`."""
    if name not in PROFILES:
        raise UsageError(f"no resilience profile is named {name!r}", where=name, hint=f"one of {', '.join(PROFILES)}")
    return PROFILES[name]
