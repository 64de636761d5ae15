"""Data files beside a scenario travel with it, and errors in them say where."""

from pathlib import Path

import pytest

from sandbox.scenarios.load import InvalidScenario, load_scenario, read_document, read_scenario

STORY = "scenario: s\nsteps:\n  - publish: rim.fast-path\n    from: {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "stories"
    (inside / "data").mkdir(parents=True)
    (tmp_path / "secret.jsonl").write_text('{"a": 1}\n')
    (inside / "data" / "traffic.jsonl").write_text('{"stress": 0.5}\n')
    return inside


def test_a_data_file_is_sent_with_the_scenario_as_one_document(folder: Path) -> None:
    (folder / "s.yaml").write_text(STORY.format("data/traffic.jsonl"))
    document = read_document(folder / "s.yaml", shown_as="s.yaml")
    assert document.files == {"data/traffic.jsonl": '{"stress": 0.5}\n'}
    scenario = read_scenario(document.text, "s.yaml", files=document.files)
    assert scenario.steps[0].title() == "publish 1 record to rim.fast-path from data/traffic.jsonl"


@pytest.mark.parametrize("name", ["../secret.jsonl", "data/../../secret.jsonl", "/etc/secret.jsonl"])
def test_nothing_outside_the_folder_is_read(name: str, folder: Path) -> None:
    (folder / "s.yaml").write_text(STORY.format(name))
    with pytest.raises(InvalidScenario, match="leads out of the scenario's folder") as caught:
        load_scenario(folder / "s.yaml", shown_as="s.yaml")
    assert caught.value.where == "s.yaml:4"


def test_a_missing_file_is_told_where_it_is_named() -> None:
    with pytest.raises(InvalidScenario, match="there is no file") as caught:
        read_scenario(STORY.format("trafic.jsonl"), "stories/s.yaml", files={"traffic.jsonl": "{}"})
    assert caught.value.where == "stories/s.yaml:4" and caught.value.hint == "did you mean 'traffic.jsonl'?"


def test_a_bad_row_is_told_at_its_own_line() -> None:
    with pytest.raises(InvalidScenario, match="is not JSON") as caught:
        read_scenario(STORY.format("data/rows.jsonl"), "stories/s.yaml", files={"data/rows.jsonl": '{"a": 1}\nnot'})
    assert caught.value.where == "stories/data/rows.jsonl:2"
