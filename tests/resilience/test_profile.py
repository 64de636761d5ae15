"""The platform's profiles, number by number."""

from __future__ import annotations

from typing import get_args

import pytest

from sandbox.config.serve import ServeConfig
from sandbox.errors import UsageError
from sandbox.resilience import PROFILES, profile_named


@pytest.mark.parametrize(
    ("name", "window", "open_s", "slow", "waits_ms", "limit_s"),
    [
        ("default", (10, 5, 3), 30, (80, 2), [500, 1000, 2000, 4000, 5000, 5000], 30),
        ("internal-service", (10, 5, 3), 15, (90, 1), [200, 400, 800, 1600, 2000, 2000], 10),
        ("external-api", (20, 10, 5), 60, (70, 5), [1000, 2000, 4000, 8000, 10000, 10000], 60),
        ("demo", (10, 5, 3), 2, (90, 1), [50, 100, 200, 400, 500, 500], 3),
    ],
)
def test_a_profile_has_the_platforms_numbers(
    name: str,
    window: tuple[int, int, int],
    open_s: float,
    slow: tuple[float, float],
    waits_ms: list[int],
    limit_s: float,
) -> None:
    profile = PROFILES[name]
    breaker = profile.circuit_breaker
    assert window == (
        breaker.sliding_window_size,
        breaker.minimum_number_of_calls,
        breaker.permitted_number_of_calls_in_half_open_state,
    )
    assert breaker.sliding_window_type == "COUNT_BASED"
    assert breaker.automatic_transition_from_open_to_half_open_enabled
    assert breaker.wait_duration_in_open_state.total_seconds() == open_s
    assert breaker.failure_rate_threshold == 50
    assert slow == (breaker.slow_call_rate_threshold, breaker.slow_call_duration_threshold.total_seconds())
    assert profile.retry.max_attempts == 3
    assert [profile.retry.interval(attempt, None, None) for attempt in range(1, 7)] == waits_ms
    assert profile.time_limiter.timeout_duration.total_seconds() == limit_s


def test_a_service_can_be_told_each_profile_and_no_other() -> None:
    annotation = ServeConfig.model_fields["profile"].annotation
    literal = next(each for each in get_args(annotation) if get_args(each))
    assert set(get_args(literal)) == set(PROFILES)


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        profile_named("nope")
    assert "internal-service" in (refused.value.hint or "")
