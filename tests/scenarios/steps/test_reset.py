from typing import Any

import pytest

from sandbox.errors import InvalidFile, UnknownName
from sandbox.scenarios.load import read_scenario


def story(services: str) -> str:
    return f"scenario: s\nsteps:\n  - reset: {services}\n"


@pytest.mark.parametrize(("given", "names"), [("capsule", ("capsule",)), ("[capsule, plato]", ("capsule", "plato"))])
async def test_the_stores_of_one_service_or_several_are_emptied(
    given: str, names: tuple[str, ...], world: Any, play: Any
) -> None:
    result = await play(story(given))
    assert (result.outcome, world.did) == ("passed", [("reset", *names)])
    assert result.steps[0].title == f"reset {', '.join(names)}"


async def test_a_service_that_is_not_there_fails_the_step(world: Any, play: Any) -> None:
    world.refusal = UnknownName("there is no service 'kafka' to reset", hint="choose from capsule")
    result = await play(story("kafka"))
    assert result.steps[0].failure.actual == "there is no service 'kafka' to reset" and result.exit_code == 2


@pytest.mark.parametrize("given", ["[]", "5", "{capsule: true}"])
def test_what_names_no_service_is_an_error_of_the_file(given: str) -> None:
    with pytest.raises(InvalidFile):
        read_scenario(story(given), "s.yaml")


def test_it_may_not_stand_in_steady() -> None:
    with pytest.raises(InvalidFile, match="`reset` does more"):
        read_scenario(f"{story('capsule')}steady:\n  - reset: capsule\n", "s.yaml")
