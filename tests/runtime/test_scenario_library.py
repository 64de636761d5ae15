"""Scenarios by name: those that ship and the project's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.config.folders import StateFolder
from sandbox.errors import UnknownName
from sandbox.runtime.scenario_library import ScenarioLibrary

OWN = "scenario: Our own\npurpose: Ours.\ntags: [desk]\nsteps:\n  - say: Hello.\n  - publish: rim.fast-path\n"


@pytest.fixture
def library(tmp_path: Path) -> ScenarioLibrary:
    project = tmp_path / "project"
    (project / "scenarios").mkdir(parents=True)
    (project / "scenarios" / "ours.yaml").write_text(OWN, encoding="utf-8")
    (project / "scenarios" / "broken.yaml").write_text("scenario: x\nstips: []\n", encoding="utf-8")
    state = StateFolder(tmp_path / "state")
    state.create()
    state.write_record({"project": str(project)})
    return ScenarioLibrary(state)


async def test_the_projects_own_come_first_then_those_that_ship(library: ScenarioLibrary) -> None:
    found = await library.list()
    assert [each["name"] for each in found[:2]] == ["broken", "ours"]
    ours = found[1]
    assert (ours["title"], ours["purpose"], ours["tags"], ours["ships"]) == ("Our own", "Ours.", ["desk"], False)
    assert any(each["name"] == "golden-path" and each["ships"] for each in found)


async def test_one_that_cannot_be_read_says_why(library: ScenarioLibrary) -> None:
    broken = (await library.list())[0]
    assert "scenarios/broken.yaml" in broken["trouble"]


async def test_a_changed_file_is_read_again(library: ScenarioLibrary, tmp_path: Path) -> None:
    await library.list()
    file = tmp_path / "project" / "scenarios" / "ours.yaml"
    file.write_text(OWN.replace("Our own", "Renamed today"), encoding="utf-8")
    assert (await library.list())[1]["title"] == "Renamed today"


async def test_one_has_its_text_and_its_steps_as_prose(library: ScenarioLibrary) -> None:
    found = await library.one("ours")
    assert (found["text"], found["file"]) == (OWN, "scenarios/ours.yaml")
    assert [each["verb"] for each in found["explained"]["steps"]] == ["say", "publish"]
    with pytest.raises(UnknownName, match="nothing-such"):
        await library.one("nothing-such")


async def test_without_a_project_only_those_that_ship_are_listed(tmp_path: Path) -> None:
    found = await ScenarioLibrary(StateFolder(tmp_path)).list()
    assert found and all(each["ships"] for each in found)
