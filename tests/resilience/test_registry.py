"""Breakers by name, operated from outside, their timed transitions made on time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UsageError
from sandbox.resilience import (
    OPERATIONS,
    PROFILES,
    CircuitBreakerConfig,
    CircuitBreakerRegistry,
    IllegalStateTransition,
)

AUTOMATIC = CircuitBreakerConfig(
    automatic_transition_from_open_to_half_open_enabled=True, wait_duration_in_open_state=timedelta(seconds=30)
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry(clock: ManualClock) -> CircuitBreakerRegistry:
    return CircuitBreakerRegistry(clock)


@asynccontextmanager
async def watched(registry: CircuitBreakerRegistry) -> AsyncIterator[None]:
    watch = asyncio.create_task(registry.watch())
    await asyncio.sleep(0)
    yield
    watch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watch


def test_the_first_to_ask_makes_the_breaker(registry: CircuitBreakerRegistry) -> None:
    made = registry.circuit_breaker("plato", AUTOMATIC)
    assert registry.circuit_breaker("plato") is made
    assert registry.find("plato").config is AUTOMATIC
    registry.circuit_breaker("capsule")
    assert [each.name for each in registry] == ["capsule", "plato"]
    assert len(registry) == 2


def test_a_guard_shares_its_breaker_with_the_registry(registry: CircuitBreakerRegistry) -> None:
    guard = registry.guard("capsule", PROFILES["default"])
    assert registry.guard("capsule", PROFILES["demo"]) is guard
    assert registry.find("capsule") is guard.circuit_breaker


@pytest.mark.parametrize(
    ("operations", "state"),
    [
        (["open"], "OPEN"),
        (["open", "close"], "CLOSED"),
        (["open", "half-open"], "HALF_OPEN"),
        (["force-open"], "FORCED_OPEN"),
        (["disable"], "DISABLED"),
        (["metrics-only"], "METRICS_ONLY"),
        (["force-open", "reset"], "CLOSED"),
    ],
)
def test_a_breaker_can_be_operated_by_name(registry: CircuitBreakerRegistry, operations: list[str], state: str) -> None:
    registry.circuit_breaker("capsule")
    for operation in operations:
        registry.operate("capsule", operation)
    assert registry.find("capsule").state == state


def test_what_cannot_be_done_is_said(registry: CircuitBreakerRegistry) -> None:
    with pytest.raises(UsageError, match="no circuit breaker is named 'capsule'"):
        registry.operate("capsule", "open")
    registry.circuit_breaker("capsule")
    with pytest.raises(UsageError) as refused:
        registry.operate("capsule", "explode")
    assert all(operation in (refused.value.hint or "") for operation in OPERATIONS)
    with pytest.raises(IllegalStateTransition):
        registry.operate("capsule", "half-open")


def test_reset_closes_every_breaker(registry: CircuitBreakerRegistry) -> None:
    for name in ("capsule", "plato"):
        registry.circuit_breaker(name).transition_to_forced_open_state()
    registry.reset()
    assert {each.state for each in registry} == {"CLOSED"}


@pytest.mark.parametrize("by", ["registry", "operation"])
def test_after_a_reset_from_outside_nothing_is_due(
    registry: CircuitBreakerRegistry, clock: ManualClock, by: str
) -> None:
    breaker = registry.circuit_breaker("capsule", AUTOMATIC)
    breaker.transition_to_open_state()
    clock.tick(20)
    told: list[str] = []
    breaker.event_publisher.on_event(lambda event: told.append(event.event_type))
    if by == "registry":
        registry.reset()
    else:
        registry.operate("capsule", "reset")
    assert told == ["STATE_TRANSITION", "RESET"]
    breaker.transition_to_open_state()
    clock.tick(29)
    assert breaker.state == "OPEN"


def test_who_asks_is_told_of_every_breaker(registry: CircuitBreakerRegistry) -> None:
    registry.circuit_breaker("capsule")
    told: list[str] = []
    registry.on_added(lambda breaker: told.append(breaker.name))
    registry.circuit_breaker("plato")
    assert told == ["capsule", "plato"]


async def test_while_watched_a_breaker_half_opens_on_time_although_nobody_calls(
    clock: ManualClock, registry: CircuitBreakerRegistry
) -> None:
    told: list[tuple[str, int]] = []
    start_ms = clock.now_ms()
    registry.on_added(
        lambda breaker: breaker.event_publisher.on_state_transition(
            lambda event: told.append((f"{breaker.name} {event.to_state}", clock.now_ms() - start_ms))
        )
    )
    registry.circuit_breaker("early", AUTOMATIC).transition_to_open_state()
    async with watched(registry):
        await clock.advance(10)
        registry.circuit_breaker("late", AUTOMATIC).transition_to_open_state()
        await clock.advance(60)
    assert told == [
        ("early OPEN", 0),
        ("late OPEN", 10_000),
        ("early HALF_OPEN", 30_000),
        ("late HALF_OPEN", 40_000),
    ]


async def test_a_transition_that_comes_to_nothing_leaves_no_alarm(
    clock: ManualClock, registry: CircuitBreakerRegistry
) -> None:
    breaker = registry.circuit_breaker("capsule", AUTOMATIC)
    async with watched(registry):
        breaker.transition_to_open_state()
        await clock.advance(5)
        breaker.transition_to_disabled_state()
        await clock.advance(60)
        assert breaker.state == "DISABLED"
        assert breaker.next_due_ns is None
        breaker.transition_to_open_state()
        await clock.advance(30)
        assert breaker.timeline[-1].state == "HALF_OPEN"


async def test_a_registry_is_watched_once_at_a_time(registry: CircuitBreakerRegistry) -> None:
    async with watched(registry):
        with pytest.raises(RuntimeError):
            await registry.watch()
    async with watched(registry):
        pass
