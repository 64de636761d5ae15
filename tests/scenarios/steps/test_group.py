from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.ports import GroupState


@pytest.fixture(autouse=True)
def group(world: Any) -> None:
    world.groups["capsule"] = GroupState("Stable", ("capsule-services",), 4)


def story(options: str, group: str = "capsule") -> str:
    return f"scenario: s\nsteps:\n  - group: {group}\n    {options}\n"


async def test_state_members_and_lag_are_looked_at_once_without_a_limit(play: Any) -> None:
    result = await play(story("is: Stable\n    members: 1\n    lag: {lte: 4}"))
    assert result.outcome == "passed"
    assert (result.steps[0].title, result.steps[0].detail) == (
        "group capsule: state Stable, members 1", "Stable · lag 4 · capsule-services",
    )  # fmt: skip
    result = await play(story("is: Empty\n    lag: 0"))
    assert result.steps[0].failure.lines() == [
        "expected  state Empty, lag 0",
        "actual    state is Stable, lag is 4",
        "group     Stable · lag 4 · capsule-services",
    ]


async def test_it_is_waited_for_up_to_the_limit(world: Any, play: Any) -> None:
    def left() -> None:
        world.groups["capsule"] = GroupState("Empty", (), 0)

    result = await play(story("is: Empty\n    lag: 0\n    within: 10s"), at={4.0: left})
    assert result.outcome == "passed" and 4000 <= result.took_ms <= 4600
    assert result.steps[0].detail == "Empty · lag 0 · no members"


async def test_a_group_that_is_not_there_ends_it(play: Any) -> None:
    result = await play(story("lag: 0\n    within: 1h", "nobody"))
    failure = result.steps[0].failure
    assert (failure.actual, failure.where) == ("there is no consumer group 'nobody'", "story.yaml:3")
    assert result.exit_code == 2


@pytest.mark.parametrize("options", ["within: 1s", "is: stable", "lag: many"])
def test_what_it_cannot_ask_is_an_error_of_the_file(options: str) -> None:
    with pytest.raises(InvalidFile):
        read_scenario(story(options), "s.yaml")


async def test_a_state_of_things_that_must_not_be_ends_the_waiting_at_once(world: Any, play: Any) -> None:
    gone = {1.0: lambda: world.groups.update(capsule=GroupState("Empty", (), 4))}
    result = await play(story("lag: 0\n    fail-when: {members: 0}\n    within: 1h"), at=gone)
    assert result.took_ms < 2000 and result.steps[0].failure.actual.startswith("members 0")
