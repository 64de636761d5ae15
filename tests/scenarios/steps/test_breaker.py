from typing import Any

import pytest

from sandbox.scenarios.ports import BreakerState

NAME = "odyssey/capsule"


@pytest.fixture(autouse=True)
def closed(world: Any) -> None:
    world.breaker_states[NAME] = BreakerState("CLOSED", {"bufferedCalls": 4, "failedCalls": 4, "failureRate": -1.0})


def story(*steps: str) -> str:
    listed = "".join(f"  - {step}\n".replace("; ", "\n    ") for step in steps)
    return f"scenario: s\nsteps:\n{listed}"


async def test_a_state_is_looked_at_once_without_a_limit(world: Any, play: Any) -> None:
    result = await play(story(f"breaker: {NAME}; is: CLOSED"))
    assert result.outcome == "passed" and result.steps[0].title == f"breaker {NAME} is CLOSED"
    result = await play(story(f"breaker: {NAME}; is: OPEN"))
    assert result.steps[0].failure.lines() == [
        "expected  OPEN",
        "actual    CLOSED · 4 calls in the window, 4 failed · failure rate not yet known",
    ]


async def test_a_state_is_waited_for_up_to_the_limit(world: Any, play: Any) -> None:
    result = await play(story(f"breaker: {NAME}; is: OPEN; within: 10s"), at={4.0: lambda: world.trip(NAME, "OPEN")})
    assert result.outcome == "passed" and 4000 <= result.took_ms <= 4600
    result = await play(story(f"breaker: {NAME}; is: CLOSED; within: 3s"))
    assert result.outcome == "failed" and result.took_ms == pytest.approx(3000, abs=60)


async def test_transitions_are_seen_even_when_they_are_over(world: Any, play: Any) -> None:
    text = story("wait: 2s", f"breaker: {NAME}; goes: [OPEN, HALF_OPEN, CLOSED]; within: 1s")
    result = await play(text, at={1.0: lambda: world.trip(NAME, "OPEN", "HALF_OPEN", "CLOSED")})
    assert result.outcome == "passed" and result.steps[1].title == f"breaker {NAME} goes OPEN, HALF_OPEN, CLOSED"


async def test_transitions_count_from_the_last_step_about_the_breaker(world: Any, play: Any) -> None:
    last = f"breaker: {NAME}; goes: [OPEN]; within: 1s"
    text = story("wait: 2s", f"breaker: {NAME}; goes: [OPEN]", f"breaker: {NAME}; goes: [CLOSED]", last)
    result = await play(text, at={1.0: lambda: world.trip(NAME, "OPEN", "CLOSED")})
    assert [step.outcome for step in result.steps] == ["passed", "passed", "passed", "failed"]
    assert result.steps[-1].failure.lines() == ["expected  OPEN", "actual    no change; CLOSED"]


async def test_a_detour_on_the_way_is_allowed_and_a_wrong_order_is_not(world: Any, play: Any) -> None:
    text = story("wait: 2s", f"breaker: {NAME}; goes: [HALF_OPEN, CLOSED]; within: 1s")
    detour = {1.0: lambda: world.trip(NAME, "OPEN", "HALF_OPEN", "OPEN", "HALF_OPEN", "CLOSED")}
    assert (await play(text, at=detour)).outcome == "passed"
    result = await play(text, at={1.0: lambda: world.trip(NAME, "CLOSED", "HALF_OPEN")})
    assert result.steps[-1].failure.lines() == [
        "expected  HALF_OPEN, then CLOSED",
        "actual    went CLOSED, HALF_OPEN; now HALF_OPEN",
        "hint      its probes have yet to succeed: it closes on calls, so something has to call",
    ]


async def test_a_breaker_that_does_not_exist_is_named_with_the_nearest(play: Any) -> None:
    result = await play(story("breaker: odyssey/capsul; is: OPEN; within: 1h"))
    failure = result.steps[0].failure
    assert (failure.actual, failure.hint) == ("there is no breaker 'odyssey/capsul'", "did you mean 'odyssey/capsule'?")
    assert result.exit_code == 2 and result.took_ms == 0


async def test_metrics_are_told_as_far_as_they_are_known(world: Any, play: Any) -> None:
    metrics = {"bufferedCalls": 10, "failedCalls": 6, "failureRate": 60.0, "notPermittedCalls": 3}
    world.breaker_states[NAME] = BreakerState("OPEN", metrics)
    result = await play(story(f"breaker: {NAME}; is: CLOSED"))
    assert result.steps[0].failure.actual == (
        "OPEN · 10 calls in the window, 6 failed · failure rate 60 % · 3 not permitted"
    )
    world.breaker_states[NAME] = BreakerState("OPEN")
    assert (await play(story(f"breaker: {NAME}; is: CLOSED"))).steps[0].failure.actual == "OPEN"


async def test_a_state_that_it_must_not_go_to_ends_the_waiting_at_once(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    text = (
        "scenario: s\nsteps:\n  - breaker: odyssey/capsule\n    goes: [HALF_OPEN]\n"
        "    fail-when: [FORCED_OPEN]\n    within: 1h\n"
    )
    result = await play(text, at={1.0: lambda: world.trip("odyssey/capsule", "FORCED_OPEN")})
    assert result.steps[0].failure.actual.startswith("went FORCED_OPEN") and result.took_ms < 2000
