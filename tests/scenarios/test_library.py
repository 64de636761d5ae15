"""The scenarios that ship are valid, say what they prove, and assert something."""

from pathlib import Path

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.scenarios.load import load_scenario

LIBRARY = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


def test_the_golden_path_ships() -> None:
    assert "golden-path" in [path.stem for path in LIBRARY]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_scenario_that_ships_is_valid_and_tells_a_story(path: Path) -> None:
    scenario = load_scenario(path, Contracts.load(), shown_as=path.name)
    assert scenario.purpose and scenario.tags
    verbs = [step.verb for step in scenario.steps]
    assert "say" in verbs
    assert "endless" in scenario.tags or any(step.observes or step.verb == "websocket" for step in scenario.steps)
