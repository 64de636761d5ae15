"""Request limits, changed and put back."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario


async def test_limits_are_changed_and_the_configured_ones_again_at_the_end(world: Any, play: Any) -> None:
    result = await play("scenario: s\nsteps:\n  - limits: capsule\n    set: {query: 5, enabled: true}\n  - wait: 1s\n")
    assert result.steps[0].title == "limits of capsule: query 5, enabled true"
    assert world.did == [("limits", "capsule", {"query": 5, "enabled": True}), ("reset limits", "capsule")]


async def test_a_reset_in_the_steps_is_enough(world: Any, play: Any) -> None:
    change = "  - limits: capsule\n    set: {query: 5}\n"
    await play(f"scenario: s\nsteps:\n{change}  - limits: capsule\n    reset: true\n")
    assert [each[0] for each in world.did] == ["limits", "reset limits"]


@pytest.mark.parametrize(
    "options", ["", "    set: {}\n", "    set: {query: 1}\n    reset: true\n", "    set: {querry: 1}\n"]
)
def test_what_it_cannot_do_is_an_error_of_the_file(options: str) -> None:
    with pytest.raises(InvalidFile):
        read_scenario(f"scenario: s\nsteps:\n  - limits: capsule\n{options}", "s.yaml")
