"""`sandbox record`: nothing is recorded for nothing, and the file is whole or not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scenarios.recording.conftest import call, recording

STATE = {
    "id": "rec-1", "began_ms": 1, "topics": ["rim.fast-path"], "services": ["capsule"], "records": 0, "calls": 1,
    "streams": 0, "faults": 0, "dropped": 0, "missed": 0, "trouble": None,
}  # fmt: skip


@pytest.fixture
def recorded(control: Any) -> dict[str, Any]:
    """What the engine gives at the end."""
    finished = {**STATE, **recording([call(0, "GET capsule /api/v1/capsules/x1", {"data": {}})])}
    status = {"name": "demo", "endpoints": {"kafka": "localhost:9092"}}
    control.answers |= {
        "GET /v1/status": status, "POST /v1/recordings": (201, STATE), "GET /v1/recordings/rec-1": STATE,
        "DELETE /v1/recordings/rec-1": finished,
    }  # fmt: skip
    return finished


def test_a_command_is_recorded_and_its_exit_code_passed_on(
    sandbox: Any, control: Any, recorded: Any, tmp_path: Path
) -> None:
    out = tmp_path / "story.yaml"
    done = sandbox("record", "--out", str(out), "--topics", "a,b", "--services", "capsule", "--", "sh", "-c", "exit 5")
    assert done.code == 5 and "0 records · 1 call · 0 streams → 1 step" in done.err
    assert ("POST /v1/recordings", {"topics": ["a", "b"], "services": ["capsule"]}) in control.asked
    assert yaml.safe_load(out.read_text(encoding="utf-8"))["scenario"] == "A recorded session"
    assert [each.name for each in tmp_path.iterdir()] == ["story.yaml"]


def test_without_a_file_the_scenario_goes_to_stdout(sandbox: Any, recorded: Any) -> None:
    done = sandbox("record", "--title", "Mine", "--", "true")
    assert done.code == 0 and yaml.safe_load(done.out)["scenario"] == "Mine"
    told = sandbox("record", "--json", "--", "true").json
    assert (told["calls"], told["steps"], told["files"], told["leftOut"]) == (1, 1, [], [])
    assert yaml.safe_load(told["text"])["tags"] == ["recorded"]


def test_nothing_recorded_writes_nothing(sandbox: Any, recorded: dict[str, Any], tmp_path: Path) -> None:
    recorded["events"] = []
    done = sandbox("record", "--out", str(tmp_path / "story.yaml"), "--", "true")
    assert done.code == 1 and "nothing was recorded" in done.err and not list(tmp_path.iterdir())


def test_what_the_engine_had_trouble_with_is_said(sandbox: Any, recorded: dict[str, Any]) -> None:
    recorded["trouble"] = "Kafka is away"
    done = sandbox("record", "--", "true")
    assert done.code == 2 and "Kafka is away" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--out", "story.txt"), "a scenario file ends in .yaml"),
        (("--out", "no/such/story.yaml"), "mkdir -p no/such"),
        (("--", "no-such-command-here"), "there is no command 'no-such-command-here'"),
    ],
)
def test_a_slip_is_told_before_anything_is_recorded(
    sandbox: Any, control: Any, recorded: Any, arguments: tuple[str, ...], told: str
) -> None:
    done = sandbox("record", *arguments)
    assert done.code == 2 and told in done.err
    assert not [asked for asked, _ in control.asked if asked.startswith("POST")]


def test_a_file_that_is_there_is_not_overwritten(sandbox: Any, recorded: Any, tmp_path: Path) -> None:
    out = tmp_path / "story.yaml"
    out.write_text("mine", encoding="utf-8")
    assert sandbox("record", "--out", str(out), "--", "true").code == 2 and out.read_text(encoding="utf-8") == "mine"
