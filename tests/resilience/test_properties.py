"""Configuration as a Spring application writes it."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from sandbox.errors import InvalidFile, UsageError
from sandbox.resilience.properties import CircuitBreakerProperties, ResilienceProperties, RetryProperties

FILE = """
resilience4j:
  circuitbreaker:
    configs:
      default:
        slidingWindowSize: 10
        registerHealthIndicator: true
        waitDurationInOpenState: 30s
      patient:
        slow-call-duration-threshold: 500ms
        waitDurationInOpenState: 1m
    instances:
      capsule:
        baseConfig: patient
        minimum_number_of_calls: 5
        slidingWindowType: TIME_BASED
        recordExceptions: [java.io.IOException]
  retry:
    instances:
      capsule: {maxAttempts: 4, waitDuration: 200, enableExponentialBackoff: true, exponentialBackoffMultiplier: 2}
  timelimiter:
    instances:
      capsule: {timeoutDuration: PT3S, cancelRunningFuture: false}
"""


def profile(text: str, name: str) -> Any:
    return ResilienceProperties.parse(yaml.safe_load(text), "application.yaml").profile(name, Random(1))


def test_an_instance_builds_on_its_base_and_that_on_the_default() -> None:
    breaker = profile(FILE, "capsule").circuit_breaker
    assert (breaker.sliding_window_type, breaker.sliding_window_size, breaker.minimum_number_of_calls) == (
        "TIME_BASED",
        10,
        5,
    )
    assert breaker.slow_call_duration_threshold == timedelta(milliseconds=500)
    assert breaker.wait_duration_in_open_state == timedelta(minutes=1)
    assert breaker.record_exceptions == (OSError,)


def test_retry_and_time_limiter_come_along() -> None:
    capsule = profile(FILE, "capsule")
    assert capsule.retry.max_attempts == 4
    assert [capsule.retry.interval(attempt, None, None) for attempt in (1, 2, 3)] == [200, 400, 800]
    assert capsule.time_limiter.timeout_duration == timedelta(seconds=3)
    assert not capsule.time_limiter.cancel_running_future


def test_a_name_that_is_not_there_has_the_default() -> None:
    unknown = profile(FILE, "nobody")
    assert unknown.circuit_breaker.sliding_window_size == 10
    assert unknown.retry.max_attempts == 3


@pytest.mark.parametrize(
    ("given", "expected_ms"),
    [("250ms", 250), ("2s", 2000), ("1m", 60_000), (1500, 1500), ("1500", 1500), ("PT0.5S", 500), ("5000us", 5)],
)
def test_a_duration_may_be_written_in_springs_ways(given: Any, expected_ms: int) -> None:
    properties = CircuitBreakerProperties.model_validate({"waitDurationInOpenState": given})
    assert properties.wait_duration_in_open_state == timedelta(milliseconds=expected_ms)


@pytest.mark.parametrize("given", [1.5, "soon", True, "5 parsecs"])
def test_what_is_no_duration_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        CircuitBreakerProperties.model_validate({"waitDurationInOpenState": given})


def test_exponential_and_randomized_waits_while_open() -> None:
    growing = CircuitBreakerProperties.model_validate(
        {
            "waitDurationInOpenState": "1s",
            "enableExponentialBackoff": True,
            "exponentialBackoffMultiplier": 3,
            "exponentialMaxWaitDurationInOpenState": "5s",
        }
    ).to_config(Random(1))
    assert [growing.open_wait(attempt) for attempt in (1, 2, 3)] == [1000, 3000, 5000]
    varying = CircuitBreakerProperties.model_validate(
        {"waitDurationInOpenState": "1s", "enableRandomizedWait": True, "randomizedWaitFactor": 0.1}
    ).to_config(Random(1))
    assert {900 <= varying.open_wait(1) <= 1100 for _ in range(50)} == {True}
    with pytest.raises(UsageError, match="together"):
        CircuitBreakerProperties(enable_exponential_backoff=True, enable_randomized_wait=True).to_config(Random(1))


def test_a_retry_may_grow_and_vary_at_once() -> None:
    config = RetryProperties.model_validate(
        {"waitDuration": "100ms", "enableExponentialBackoff": True, "enableRandomizedWait": True,
         "randomizedWaitFactor": 0.5, "exponentialMaxWaitDuration": "250ms"}
    ).to_config(Random(3))  # fmt: skip
    waits = {config.interval(3, None, None) for _ in range(50)}
    assert len(waits) > 5
    assert max(waits) == 250


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("circuitbreaker: {instances: {capsule: {slidingWindowSise: 3}}}", "sliding_window_sise"),
        ("circuitbreaker: {instances: {capsule: {slidingWindowSize: many}}}", "sliding_window_size"),
        ("bulkhead: {}", "bulkhead"),
        ("[]", "valid dictionary"),
    ],
)
def test_a_mistake_is_shown_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        profile(text, "capsule")
    assert message in refused.value.message
    assert refused.value.where == "application.yaml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("circuitbreaker: {instances: {capsule: {baseConfig: nope}}}", "'nope' does not exist"),
        ("circuitbreaker: {configs: {a: {baseConfig: b}, b: {baseConfig: a}}, instances: {capsule: {baseConfig: a}}}",
         "builds on itself"),
        ("circuitbreaker: {instances: {capsule: {recordExceptions: [com.acme.Oops]}}}", "com.acme.Oops"),
        ("circuitbreaker: {instances: {capsule: {failureRateThreshold: 101}}}", "at most 100"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        profile(text, "capsule")
