"""Breakers as others see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.resilience import (
    CircuitBreaker,
    CircuitBreakerConfig,
    circuit_breakers_body,
    health_of,
    to_actuator,
    to_status,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def breaker(clock: ManualClock) -> CircuitBreaker:
    config = CircuitBreakerConfig(
        sliding_window_size=3,
        minimum_number_of_calls=3,
        slow_call_duration_threshold=timedelta(seconds=1),
        failure_rate_threshold=60,
    )
    return CircuitBreaker("capsule", config, clock)


def test_the_actuator_gives_rates_as_resilience4j_prints_them(breaker: CircuitBreaker) -> None:
    assert to_actuator(breaker)["failureRate"] == "-1.0%"
    assert breaker.to_actuator() == to_actuator(breaker)
    breaker.on_error(2_000_000_000, OSError())
    breaker.on_success(1)
    breaker.on_success(1)
    assert circuit_breakers_body([breaker]) == {
        "circuitBreakers": {
            "capsule": {
                "failureRate": "33.333332%",
                "slowCallRate": "33.333332%",
                "failureRateThreshold": "60.0%",
                "slowCallRateThreshold": "100.0%",
                "bufferedCalls": 3,
                "failedCalls": 1,
                "slowCalls": 1,
                "slowFailedCalls": 1,
                "notPermittedCalls": 0,
                "state": "CLOSED",
            }
        }
    }


def test_the_status_gives_numbers_and_what_is_drawn(breaker: CircuitBreaker, clock: ManualClock) -> None:
    clock.tick(1.5)
    for _ in range(3):
        breaker.on_error(1, OSError())
    clock.tick(15)
    breaker.try_acquire_permission()
    assert (
        to_status(breaker)
        == breaker.to_status()
        == {
            "state": "OPEN",
            "failureRate": 100.0,
            "slowCallRate": 0.0,
            "failureRateThreshold": 60,
            "slowCallRateThreshold": 100.0,
            "bufferedCalls": 3,
            "failedCalls": 3,
            "slowCalls": 0,
            "slowFailedCalls": 0,
            "notPermittedCalls": 1,
            "slidingWindowSize": 3,
            "minimumNumberOfCalls": 3,
            "timeUntilHalfOpenMs": 45_000,
            "timeline": [
                {"state": "CLOSED", "at": "2024-12-03T10:00:00Z"},
                {"state": "OPEN", "at": "2024-12-03T10:00:01.500Z"},
            ],
        }
    )


@pytest.mark.parametrize(
    ("transition", "status"),
    [("closed", "UP"), ("open", "CIRCUIT_OPEN"), ("forced_open", "UNKNOWN"), ("disabled", "UNKNOWN")],
)
def test_an_open_breaker_is_not_down(breaker: CircuitBreaker, transition: str, status: str) -> None:
    getattr(breaker, f"transition_to_{transition}_state")()
    health = health_of(breaker)
    assert health["status"] == status
    assert health["details"]["state"] == breaker.state


def test_half_open_is_said_so(breaker: CircuitBreaker) -> None:
    breaker.transition_to_open_state()
    breaker.transition_to_half_open_state()
    assert health_of(breaker)["status"] == "CIRCUIT_HALF_OPEN"


def test_events_are_json_for_kafka(breaker: CircuitBreaker) -> None:
    events: list[dict[str, Any]] = []
    publisher = breaker.event_publisher
    publisher.on_event(lambda event: events.append(event.to_json("odyssey")))
    for _ in range(3):
        breaker.on_error(2_500_000, OSError("gone"))
    common = {"circuitBreakerName": "capsule", "serviceId": "odyssey", "timestamp": "2024-12-03T10:00:00Z"}
    assert events[-3:] == [
        {**common, "eventType": "ERROR", "state": "CLOSED", "durationMs": 2, "error": "OSError: gone"},
        {**common, "eventType": "FAILURE_RATE_EXCEEDED", "state": "CLOSED", "failureRate": 100.0},
        {**common, "eventType": "STATE_TRANSITION", "state": "OPEN", "previousState": "CLOSED"},
    ]


def test_a_slow_call_rate_is_an_event_of_its_own(breaker: CircuitBreaker) -> None:
    events: list[dict[str, Any]] = []
    breaker.event_publisher.on_slow_call_rate_exceeded(lambda event: events.append(event.to_json("odyssey")))
    for _ in range(3):
        breaker.on_success(1_000_000_001)
    assert [(each["eventType"], each["slowCallRate"]) for each in events] == [("SLOW_CALL_RATE_EXCEEDED", 100.0)]
