"""Components and breakers moved by hand, and put back at the end whatever happens."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile, UsageError
from sandbox.scenarios.load import read_scenario


def story(*steps: str) -> str:
    return "scenario: s\nsteps:\n" + "".join(f"  - {each}\n" for each in steps)


async def test_a_restart_is_waited_for(world: Any, play: Any) -> None:
    world.component_states["after restart"] = "starting"
    ready = {3.0: lambda: world.component_states.update(kafka="ready")}
    result = await play(story("control: restart kafka"), at=ready)
    assert (world.did, result.outcome) == ([("restart", "kafka")], "passed")
    assert result.steps[0].title == "restart kafka" and 3000 <= result.took_ms <= 3600


async def test_one_that_does_not_come_back_is_a_failure(world: Any, play: Any) -> None:
    world.component_states["after restart"] = "starting"
    result = await play(story("{control: restart kafka, within: 2s}"))
    assert result.steps[0].failure.lines() == ["expected  kafka is ready", "actual    starting after 2s"]


@pytest.mark.parametrize(("done", "back"), [("stop", "start"), ("kill", "start"), ("pause", "resume")])
async def test_what_was_taken_down_comes_back_at_the_end_of_the_steps(
    world: Any, play: Any, done: str, back: str
) -> None:
    result = await play(story(f"control: {done} capsule", "http: GET {{ plato }}/none"))
    assert world.did == [(done, "capsule"), (back, "capsule")] and result.outcome == "failed"


async def test_what_the_steps_brought_back_themselves_is_left_alone(world: Any, play: Any) -> None:
    await play(story("control: stop capsule", "control: start capsule"))
    assert world.did == [("stop", "capsule"), ("start", "capsule")]


async def test_a_breaker_is_moved_and_closes_at_the_end(world: Any, play: Any) -> None:
    result = await play(story("control: force-open odyssey/capsule", "wait: 1s"))
    assert (result.steps[0].detail, result.steps[0].title) == ("now FORCE-OPEN", "force-open odyssey/capsule")
    assert world.did == [("force-open", "odyssey/capsule"), ("reset", "odyssey/capsule")]


async def test_what_the_sandbox_refuses_is_a_failure_at_the_step(world: Any, play: Any) -> None:
    world.refusal = UsageError("kafka is not paused")
    result = await play(story("control: resume kafka"))
    assert (result.steps[0].failure.actual, result.steps[0].failure.where) == ("kafka is not paused", "story.yaml:3")


@pytest.mark.parametrize(
    ("command", "hint"),
    [("restrat kafka", "did you mean 'restart'?"), ("open capsule", "odyssey/capsule"), ("kafka", "such as restart"),
     ("clsoe odyssey/capsule", "did you mean 'close'?")],
)  # fmt: skip
def test_what_it_cannot_do_is_an_error_of_the_file(command: str, hint: str) -> None:
    with pytest.raises(InvalidFile) as raised:
        read_scenario(story(f"control: {command}"), "s.yaml")
    assert hint in (raised.value.hint or "")
