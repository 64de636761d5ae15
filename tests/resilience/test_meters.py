"""Prometheus' text, named as Resilience4j's Micrometer binder names it."""

from __future__ import annotations

import pytest

from sandbox.clock import ManualClock
from sandbox.resilience import PROFILES, CallNotPermitted, CircuitBreakerConfig, CircuitBreakerRegistry
from sandbox.resilience.call_timer import CallTimer
from sandbox.resilience.meters import Meters


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry(clock: ManualClock) -> CircuitBreakerRegistry:
    return CircuitBreakerRegistry(clock, CircuitBreakerConfig(ignore_exceptions=(KeyError,), sliding_window_size=2))


def test_without_breakers_there_is_nothing(registry: CircuitBreakerRegistry) -> None:
    assert Meters(registry).render() == ""


def test_calls_are_counted_for_good_and_windows_as_they_are(registry: CircuitBreakerRegistry) -> None:
    meters = Meters(registry)
    breaker = registry.circuit_breaker("capsule")
    breaker.on_success(1_500_000_000)
    breaker.on_error(500_000_000, OSError())
    breaker.on_error(250_000_000, KeyError())
    breaker.transition_to_open_state()
    breaker.try_acquire_permission()
    lines = meters.render().splitlines()
    prefix = "resilience4j_circuitbreaker"
    for line in (
        f"# TYPE {prefix}_state gauge",
        f'{prefix}_state{{name="capsule",state="open"}} 1.0',
        f'{prefix}_state{{name="capsule",state="metrics_only"}} 0.0',
        f'{prefix}_buffered_calls{{kind="failed",name="capsule"}} 1.0',
        f'{prefix}_buffered_calls{{kind="successful",name="capsule"}} 1.0',
        f'{prefix}_failure_rate{{name="capsule"}} 50.0',
        f"# TYPE {prefix}_calls_seconds summary",
        f'{prefix}_calls_seconds_count{{kind="successful",name="capsule"}} 1.0',
        f'{prefix}_calls_seconds_sum{{kind="successful",name="capsule"}} 1.5',
        f'{prefix}_calls_seconds_max{{kind="failed",name="capsule"}} 0.5',
        f'{prefix}_calls_seconds_count{{kind="ignored",name="capsule"}} 1.0',
        f"# TYPE {prefix}_not_permitted_calls_total counter",
        f'{prefix}_not_permitted_calls_total{{kind="not_permitted",name="capsule"}} 1.0',
    ):
        assert line in lines
    breaker.reset()
    after = meters.render().splitlines()
    assert f'{prefix}_buffered_calls{{kind="failed",name="capsule"}} 0.0' in after
    assert f'{prefix}_calls_seconds_count{{kind="failed",name="capsule"}} 1.0' in after


async def test_retries_and_time_limits_are_counted_too(clock: ManualClock, registry: CircuitBreakerRegistry) -> None:
    meters = Meters(registry)
    guard = registry.guard("capsule", PROFILES["demo"])

    async def answers() -> None:
        return None

    await guard.execute(answers)
    text = meters.render()
    assert 'resilience4j_retry_calls_total{kind="successful_without_retry",name="capsule"} 1.0\n' in text
    assert 'resilience4j_timelimiter_calls_total{kind="successful",name="capsule"} 1.0\n' in text
    assert 'resilience4j_timelimiter_calls_total{kind="timeout",name="capsule"} 0.0\n' in text


def test_every_family_is_declared_once_before_its_samples(registry: CircuitBreakerRegistry) -> None:
    meters = Meters(registry)
    registry.circuit_breaker("capsule")
    registry.circuit_breaker('a "quoted" name')
    seen: list[str] = []
    for line in meters.render().splitlines():
        if line.startswith("# TYPE"):
            seen.append(line.split()[2])
        elif not line.startswith("#"):
            assert line.startswith(seen[-1])
    assert len(seen) == len(set(seen))
    assert r'name="a \"quoted\" name"' in meters.render()


def test_the_longest_call_is_forgotten_after_two_minutes(clock: ManualClock) -> None:
    timer = CallTimer(clock)
    timer.record(9)
    clock.tick(79)
    timer.record(4)
    assert timer.max_ns == 9
    clock.tick(41)
    assert timer.max_ns == 4
    clock.tick(3600)
    assert (timer.max_ns, timer.count, timer.total_ns) == (0, 2, 13)


def test_a_call_that_is_refused_is_no_call(registry: CircuitBreakerRegistry) -> None:
    meters = Meters(registry)
    breaker = registry.circuit_breaker("capsule")
    breaker.transition_to_open_state()
    with pytest.raises(CallNotPermitted):
        breaker.acquire_permission()
    assert 'calls_seconds_count{kind="failed",name="capsule"} 0.0' in meters.render()
