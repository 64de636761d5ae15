"""Automatic replay of dead letters, switched and put back."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario


async def test_it_is_switched_on_and_as_it_was_at_the_end(world: Any, play: Any) -> None:
    result = await play("scenario: s\nsteps:\n  - dlq-auto: on\n    rest: 2s\n")
    assert (result.outcome, result.steps[0].title) == ("passed", "automatic replay of dead letters on after 2s")
    assert world.did == [("automatic", True, 2.0), ("automatic", False, 30.0)]


async def test_a_second_switch_does_not_forget_how_it_was(world: Any, play: Any) -> None:
    await play("scenario: s\nsteps:\n  - dlq-auto: on\n    rest: 2s\n  - dlq-auto: off\n")
    assert world.did == [("automatic", True, 2.0), ("automatic", False, 30.0), ("automatic", False, 30.0)]


@pytest.mark.parametrize("options", ["  - dlq-auto: maybe\n", "  - dlq-auto: on\n    rest: 5\n"])
def test_what_it_cannot_do_is_an_error_of_the_file(options: str) -> None:
    with pytest.raises(InvalidFile):
        read_scenario(f"scenario: s\nsteps:\n{options}", "s.yaml")
