from typing import Any

import pytest

from sandbox.errors import Conflict, InvalidFile
from sandbox.scenarios.load import read_scenario


def story(options: str) -> str:
    return f"scenario: s\nvars: {{start: earliest}}\nsteps:\n  - reset-offsets: capsule\n    {options}\n"


async def test_a_group_is_set_and_what_that_means_is_told(world: Any, play: Any) -> None:
    result = await play(story('to: "{{ start }}"'))
    assert world.did == [("set offsets", "capsule", "earliest")]
    assert (result.steps[0].title, result.steps[0].detail) == (
        "reset the offsets of capsule to earliest", "reads 1 record again",
    )  # fmt: skip


async def test_single_topics_and_instants_can_be_given(world: Any, play: Any) -> None:
    result = await play(story("to: latest\n    topics: [rim.fast-path]"))
    assert world.did == [("set offsets", "capsule", "latest", "rim.fast-path")]
    assert result.steps[0].title == "reset the offsets of capsule to latest on rim.fast-path"
    assert result.steps[0].detail == "reads 0 records again, leaves 3 out"
    await play(story("to: 1733220000000"))
    assert world.did[-1] == ("set offsets", "capsule", "1733220000000")


async def test_strangers_in_the_group_fail_the_step(world: Any, play: Any) -> None:
    world.refusal = Conflict("group capsule is in use by ide on 10.0.0.7", hint="stop these consumers")
    result = await play(story("to: earliest"))
    assert result.steps[0].failure.lines() == [
        "actual    group capsule is in use by ide on 10.0.0.7",
        "hint      stop these consumers",
    ]


def test_it_has_to_say_where_to() -> None:
    with pytest.raises(InvalidFile, match="needs `to:`"):
        read_scenario(story("topics: [rim.fast-path]"), "s.yaml")
