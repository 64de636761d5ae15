"""Breakers as Spring Boot's actuator and the admin API show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sandbox.contracts.instants import format_instant
from sandbox.resilience.rate import shortest, single
from sandbox.resilience.state import State

if TYPE_CHECKING:
    from sandbox.resilience.circuit_breaker import CircuitBreaker

__all__ = ["circuit_breakers_body", "health_of", "to_actuator", "to_status"]

_HEALTH = {State.CLOSED: "UP", State.OPEN: "CIRCUIT_OPEN", State.HALF_OPEN: "CIRCUIT_HALF_OPEN"}


def to_actuator(breaker: CircuitBreaker) -> dict[str, Any]:
    """One breaker of `/actuator/circuitbreakers`, as Resilience4j writes it: rates are texts such as "-1.0%"."""
    metrics, config = breaker.metrics, breaker.config
    return {
        "failureRate": f"{metrics.failure_rate}%",
        "slowCallRate": f"{metrics.slow_call_rate}%",
        "failureRateThreshold": f"{shortest(single(config.failure_rate_threshold))}%",
        "slowCallRateThreshold": f"{shortest(single(config.slow_call_rate_threshold))}%",
        "bufferedCalls": metrics.number_of_buffered_calls,
        "failedCalls": metrics.number_of_failed_calls,
        "slowCalls": metrics.number_of_slow_calls,
        "slowFailedCalls": metrics.number_of_slow_failed_calls,
        "notPermittedCalls": metrics.number_of_not_permitted_calls,
        "state": breaker.state.value,
    }


def to_status(breaker: CircuitBreaker) -> dict[str, Any]:
    """One breaker of the admin status: the same members with rates as numbers, and what the TUI draws.

    `timeUntilHalfOpenMs` is null unless OPEN; `timeline` is the last states entered, oldest first.
    """
    metrics, config = breaker.metrics, breaker.config
    left_s = breaker.time_until_half_open_s
    return {
        "state": breaker.state.value,
        "failureRate": metrics.failure_rate,
        "slowCallRate": metrics.slow_call_rate,
        "failureRateThreshold": config.failure_rate_threshold,
        "slowCallRateThreshold": config.slow_call_rate_threshold,
        "bufferedCalls": metrics.number_of_buffered_calls,
        "failedCalls": metrics.number_of_failed_calls,
        "slowCalls": metrics.number_of_slow_calls,
        "slowFailedCalls": metrics.number_of_slow_failed_calls,
        "notPermittedCalls": metrics.number_of_not_permitted_calls,
        "slidingWindowSize": config.sliding_window_size,
        "minimumNumberOfCalls": config.minimum_number_of_calls,
        "timeUntilHalfOpenMs": None if left_s is None else round(left_s * 1000),
        "timeline": [{"state": each.state.value, "at": format_instant(each.at_ms)} for each in breaker.timeline],
    }


def circuit_breakers_body(breakers: Iterable[CircuitBreaker]) -> dict[str, Any]:
    """The body of `/actuator/circuitbreakers`."""
    return {"circuitBreakers": {each.name: to_actuator(each) for each in breakers}}


def health_of(breaker: CircuitBreaker) -> dict[str, Any]:
    """The breaker's entry under `components.circuitBreakers.details` of `/actuator/health`.

    An open breaker is CIRCUIT_OPEN, which is not DOWN: Resilience4j's `allowHealthIndicatorToFail` is off by default.
    """
    return {"status": _HEALTH.get(breaker.state, "UNKNOWN"), "details": to_actuator(breaker)}
