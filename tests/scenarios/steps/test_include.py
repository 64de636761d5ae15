"""Steps of another file, with parameters, never from outside the scenario's folder."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import load_scenario, read_document, read_scenario

PART = """
purpose: Sends one record.
parameters: [node]
vars: {shown: "about {{ node }}"}
steps:
  - publish: rim.fast-path
    key: "{{ node }}"
    as: sent
  - say: "{{ shown }}"
"""


def story(*lines: str) -> str:
    return "scenario: s\nsteps:\n" + "".join(f"  {line}\n" for line in lines)


async def test_its_steps_know_their_parameters_and_what_they_capture_is_known_afterwards(world: Any, play: Any) -> None:
    text = story("- include: parts/send.yaml", "  with: {node: here}", '- say: "{{ sent.key }}"')
    result = await play(text, files={"parts/send.yaml": PART})
    assert [each.key for each in world.published] == ["here"]
    assert [(step.path, step.title) for step in result.steps] == [
        ("1.1", "publish 1 record to rim.fast-path"), ("", "about here"), ("1", "include parts/send.yaml"),
        ("", "here"),
    ]  # fmt: skip
    assert result.steps[0].where == "parts/send.yaml:6"


async def test_variables_of_the_file_can_be_given_other_values(play: Any) -> None:
    text = story("- include: send.yaml", "  with: {node: here, shown: mine}")
    result = await play(text, files={"send.yaml": PART})
    assert result.steps[1].title == "mine"


@pytest.mark.parametrize(
    ("lines", "message", "hint"),
    [
        (["- include: send.yaml"], "send.yaml needs node", "add `with: {node: …}`"),
        (
            ["- include: send.yaml", "  with: {node: 1, showed: 2}"],
            "has no parameter 'showed'",
            "did you mean 'shown'?",
        ),
        (["- include: sent.yaml"], "there is no file 'sent.yaml'", "did you mean 'send.yaml'?"),
        (["- include: ../send.yaml"], "leads out of the scenario's folder", None),
        (["- include: /etc/send.yaml"], "leads out of the scenario's folder", None),
        (["- include: send.txt"], "expected a YAML file", None),
        (["- include: send.yaml", "  with: {node: 1}", '- say: "{{ node }}"'], "nothing is named 'node' here", None),
    ],
)
def test_what_it_cannot_take_is_an_error_of_the_file(lines: list[str], message: str, hint: str | None) -> None:
    with pytest.raises(InvalidFile, match=message) as raised:
        read_scenario(story(*lines), "stories/s.yaml", files={"send.yaml": PART})
    assert (raised.value.where or "").startswith("stories/s.yaml:")
    assert hint is None or raised.value.hint == hint


def test_problems_of_all_files_are_told_at_once_with_their_own_places() -> None:
    files = {"a.yaml": "steps:\n  - wait: 1s\n    untill: 2s\n", "b.yaml": "steps: 4\n"}
    with pytest.raises(InvalidFile) as raised:
        read_scenario(story("- include: a.yaml", "- include: b.yaml", "- include: c.yaml"), "x/s.yaml", files=files)
    assert [each.where for each in raised.value.problems] == [  # type: ignore[attr-defined]
        "x/a.yaml:3", "x/b.yaml:1", "x/s.yaml:5",
    ]  # fmt: skip


def test_files_that_include_one_another_are_refused_with_the_chain() -> None:
    files = {"a.yaml": "steps:\n  - include: p/b.yaml\n", "p/b.yaml": "steps:\n  - include: ../a.yaml\n"}
    with pytest.raises(InvalidFile, match=r"a\.yaml → p/b\.yaml → a\.yaml") as raised:
        read_scenario(story("- include: a.yaml"), "s.yaml", files=files)
    assert raised.value.where == "p/b.yaml:2"


def test_the_client_reads_what_is_named_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "s.yaml").write_text(story("- do:", "    - include: p/a.yaml", "- include: none.yaml"))
    (tmp_path / "p/a.yaml").write_text("steps:\n  - include: b.yaml\n")
    (tmp_path / "p/b.yaml").write_text("steps:\n  - wait: 1s\n")
    (tmp_path / "unnamed.yaml").write_text("secret")
    document = read_document(tmp_path / "s.yaml", shown_as="s.yaml")
    assert sorted(document.to_json()["files"]) == ["p/a.yaml", "p/b.yaml"]
    with pytest.raises(InvalidFile, match=r"there is no file 'none.yaml'"):
        load_scenario(tmp_path / "s.yaml")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.yaml").write_text("steps:\n  - wait: 1s\n")
    (tmp_path / "in/link.yaml").symlink_to(tmp_path / "out.yaml")
    (tmp_path / "in/s.yaml").write_text(story("- include: link.yaml"))
    with pytest.raises(InvalidFile, match="leads out of the scenario's folder") as raised:
        load_scenario(tmp_path / "in/s.yaml", shown_as="in/s.yaml")
    assert raised.value.where == "in/link.yaml"
