"""`fault` makes a service fail, `heal` stops it, and nothing of it outlives the steps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox.errors import InvalidFile, UnknownName, UpstreamUnavailable
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.ports import BreakerState

OUTAGE = """
scenario: s
steps:
  - fault: http-status
    on: capsule
    status: 503
    retry-after: 2
    as: outage
"""
HEALED = f"{OUTAGE}  - heal: outage\n"
MADE = ("fault", "http-status", "capsule", {"status": 503, "retry-after": 2})


async def test_a_fault_is_made_with_its_parameters_and_healed_by_its_name(world: Any, play: Any) -> None:
    result = await play(HEALED)
    assert (result.outcome, world.did) == ("passed", [MADE, ("heal", "outage")])
    assert [(step.title, step.detail) for step in result.steps] == [
        ("fault http-status --status 503 --retry-after 2 on capsule as outage", "on, as outage"),
        ("heal outage", "off, had acted 4×"),
    ]


async def test_its_parameters_may_be_templates(world: Any, play: Any) -> None:
    text = """
scenario: s
vars: {status: 503, plan: plan_1}
steps:
  - fault: http-status
    on: capsule
    status: "{{ status }}"
    message: "{{ plan }} is not there"
    as: outage
"""
    result = await play(text)
    assert world.did[0] == ("fault", "http-status", "capsule", {"status": 503, "message": "plan_1 is not there"})
    assert (
        result.steps[0].title == "fault http-status --status 503 --message 'plan_1 is not there' on capsule as outage"
    )


async def test_it_is_gone_at_the_end_of_the_steps_before_what_must_hold_again(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    seen: list[Any] = []
    breakers = world.breakers

    async def look() -> Any:
        seen.append(dict(world.standing))
        return await breakers()

    world.breakers = look
    steady = "steady:\n  - breaker: odyssey/capsule\n    is: CLOSED\n"
    assert (await play(f"{OUTAGE}{steady}")).outcome == "passed"
    assert seen == [{}, {}]


async def test_it_is_gone_when_a_step_fails_and_named_in_the_failure(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    result = await play(f"{OUTAGE}  - breaker: odyssey/capsule\n    is: OPEN\n")
    assert world.standing == {}
    failure = result.steps[1].failure
    assert ("faults", "outage: http-status --status 503 --retry-after 2 on capsule, hit 4 times") in failure.evidence


async def test_it_is_gone_when_the_run_is_interrupted(world: Any, play: Any) -> None:
    with pytest.raises((AssertionError, asyncio.CancelledError)):
        await play(f"{OUTAGE}  - wait: 1h\n", limit_s=1)
    assert world.standing == {} and world.did[-1] == ("heal", "outage")


async def test_somebody_else_may_have_removed_it(world: Any, play: Any) -> None:
    assert (await play(f"{OUTAGE}  - http: GET http://x/y\n    expect: {{status: 404}}\n")).outcome == "passed"
    world.did.clear()

    async def gone(identity: str) -> Any:
        raise UnknownName(f"there is no fault {identity!r}", where="id")

    world.remove_fault = gone
    assert (await play(OUTAGE)).outcome == "passed"


async def test_healing_what_has_ended_by_itself_is_no_failure(world: Any, play: Any) -> None:
    async def gone(identity: str) -> Any:
        raise UnknownName(f"there is no fault {identity!r}", where="id")

    world.remove_fault = gone
    result = await play(HEALED)
    assert (result.outcome, result.steps[1].detail) == ("passed", "off already")


async def test_the_whole_envelope_can_be_said(world: Any, play: Any) -> None:
    envelope = (
        "    nth: 3\n    begins-in: 200ms\n    duration: 90s\n    on-for: 2s\n    off-for: 1s\n    client: tenant:a\n"
    )
    result = await play(OUTAGE + envelope)
    assert result.steps[0].title == (
        "fault http-status --status 503 --retry-after 2 --client tenant:a --nth 3 --begins-in 200ms --duration 90s "
        "--on-for 2s --off-for 1s on capsule as outage"
    )
    assert world.did[0][3]["duration"] == "90s"


async def test_one_that_cannot_be_removed_fails_the_run(world: Any, play: Any) -> None:
    async def away(identity: str) -> Any:
        raise UpstreamUnavailable("the service process cannot be reached")

    world.remove_fault = away
    result = await play(OUTAGE)
    assert result.outcome == "failed"


async def test_a_service_that_is_not_there_fails_the_step(world: Any, play: Any) -> None:
    world.refusal = UnknownName("there is no component 'capsul'", hint="choose from capsule")
    result = await play(OUTAGE)
    assert result.steps[0].failure.actual == "there is no component 'capsul'"
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("  - fault: http-statu\n    on: capsule", 4, "no kind of fault 'http-statu'", "did you mean http-status?"),
        ("  - fault: latency\n    on: capsule\n    mss: 5", 6, "unknown key 'mss'", "did you mean 'ms'?"),
        ("  - fault: latency\n    on: capsule\n    status: 503", 6, "unknown key 'status' in the fault latency", None),
        ("  - fault: http-status\n    on: capsule\n    status: 200", 4, "status: must be greater", None),
        ("  - fault: http-status\n    on: capsule", 4, "http-status needs status", "The status, 400 to 599."),
        ("  - fault: latency\n    ms: 5", 4, "the step needs `on:`", None),
        (
            "  - fault: hang\n    on: capsule\n    duration: 5", 4, "duration: expected a duration",
            "write 200ms, 5s, 1m or 2h",
        ),
        (
            "  - fault: hang\n    on: audit", 4, "hang does not act on audit",
            "it acts on capsule, odyssey, plato, schema-registry; on audit act consumer-failure, consumer-slow, "
            "consumer-pause, consumer-crash, service-stop, service-crash, service-restart",
        ),
        ("  - heal: outage", 4, "no fault named 'outage' here", "make it by `fault` with `as`"),
        (
            "  - fault: latency\n    on: capsule\n    ms: 1\n    as: slow\n  - heal: slo", 8, "no fault named 'slo'",
            "did you mean 'slow'?",
        ),
        (
            "  - fault: latency\n    on: capsule\n    ms: 1\n    as: a\n  - fault: latency\n    on: plato\n    ms: 1\n"
            "    as: a",
            8, "a fault named 'a' already", None,
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(text: str, line: int, message: str, hint: str | None) -> None:
    with pytest.raises(InvalidFile) as caught:
        read_scenario(f"scenario: s\n\nsteps:\n{text}\n", "s.yaml")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.where, problem.hint) == (f"s.yaml:{line}", hint)


def test_it_may_not_stand_in_steady() -> None:
    with pytest.raises(InvalidFile, match="`fault` does more"):
        read_scenario(f"{OUTAGE}steady:\n  - fault: latency\n    on: capsule\n    ms: 5\n", "s.yaml")
