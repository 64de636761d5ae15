"""`sandbox scenario run`: what is asked for is checked before anything runs, and reports come whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.cli.report_files import ReportFiles
from sandbox.errors import EnvironmentFailure, UsageError
from sandbox.scenarios.report.run_log import Told

STORY = "scenario: A story\ntags: [quick]\nsteps:\n  - wait: 1ms\n  - wait: 2ms\n"


@pytest.fixture
def story(tmp_path: Path) -> str:
    file = tmp_path / "story.yaml"
    file.write_text(STORY, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "which scenario?"),
        (("--tag", "no-such"), "no scenario has the tag no-such"),
        (("golden-path", "capsule-outage", "--from", "3"), "part of a scenario is part of one scenario"),
        (("STORY", "--from", "9"), "the steps have the numbers 1 to 2"),
        (("STORY", "--speed", "0"), "a speed lies above 0"),
        (("STORY", "--tag", "slow"), "there are quick"),
        (("STORY", "--report", "juint=r.xml"), "did you mean 'junit'?"),
        (("STORY", "--report", "html"), "write html=report.html"),
        (("STORY", "--report", "html=no/such/folder/r.html"), "there is no folder no/such/folder for r.html"),
        (("STORY", "--report", "html=r,json=r"), "two reports would be r"),
    ],
)
def test_what_cannot_be_run_or_written_is_said_first(
    sandbox: Any, control: Any, story: str, arguments: tuple[str, ...], told: str
) -> None:
    control.answers["GET /v1/status"] = {}
    done = sandbox("scenario", "run", *(story if each == "STORY" else each for each in arguments))
    assert done.code == 2 and told in done.err
    assert not [asked for asked, _ in control.asked if asked.startswith("POST")]


def test_a_report_is_asked_for_by_format_and_file_in_one_or_several_options(tmp_path: Path) -> None:
    xml, page = tmp_path / "r.xml", tmp_path / "r.html"
    files = ReportFiles.read([f"junit={xml}, html={page}", f"json={tmp_path / 'r.json'}"])
    assert [kind for kind, _ in files.files] == ["junit", "html", "json"]
    assert files.write(Told(())) == [xml, page, tmp_path / "r.json"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["r.html", "r.json", "r.xml"]


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        ReportFiles.read([f"html={tmp_path}"])


def test_a_report_that_cannot_be_written_leaves_the_old_one_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "r.json"
    file.write_text("old", encoding="utf-8")
    files = ReportFiles.read([f"json={file}"])

    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(EnvironmentFailure, match="No space left"):
        files.write(Told(()))
    assert file.read_text(encoding="utf-8") == "old" and [each.name for each in tmp_path.iterdir()] == ["r.json"]
