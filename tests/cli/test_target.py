"""Which sandbox a command without `--name` means."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import StateFolder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder whose name a sandbox of another project has already."""
    for variable in ("SANDBOX_NAME", "SANDBOX_CONTROL_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path / "state"))
    folder = StateFolder.of("desk")
    folder.create()
    folder.write_record({"project": str(tmp_path / "first" / "desk")})
    second = tmp_path / "second" / "desk"
    second.mkdir(parents=True)
    (second / "sandbox.toml").touch()
    monkeypatch.chdir(second)
    return second


@pytest.mark.parametrize("command", [("down",), ("down", "--purge"), ("status",), ("wait",), ("logs",), ("up",)])
def test_a_sandbox_of_another_project_is_not_touched_by_chance(
    sandbox: Any, elsewhere: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = sandbox(*command)
    assert done.code == 2
    assert f"{elsewhere}: the sandbox named desk belongs to {tmp_path / 'first' / 'desk'}" in done.err
    assert "--name" in done.err
    assert StateFolder.of("desk").exists()


def test_it_is_found_by_its_name_from_anywhere(sandbox: Any, elsewhere: Path) -> None:
    assert sandbox("down", "--name", "desk").out == "sandbox desk was not running\n"
    assert sandbox("down", "--purge", "--name", "desk").out == "sandbox desk was not running, its folder is removed\n"


def test_exported_variables_hold_for_a_sandbox_that_was_made_anew_since(
    sandbox: Any, control: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.answers["GET /v1/limits"] = {"limits": {}}
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path))
    monkeypatch.setenv("SANDBOX_TOKEN", "that of the one before")
    assert "wrong token" in sandbox("limits", "list").err
    folder = StateFolder.of("desk")
    folder.create()
    folder.token_file.write_text("t0ken")
    folder.write_json(folder.engine_file, {"control_url": "http://127.0.0.1:1"})
    assert "wrong token" in sandbox("limits", "list").err
    folder.write_json(folder.engine_file, {"control_url": control.url})
    assert sandbox("limits", "list").code == 0


def test_variables_of_a_sandbox_that_is_gone_can_be_forgotten(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CONTROL_URL", "http://127.0.0.1:9")
    done = sandbox("limits", "list")
    assert done.code == 3 and "unset SANDBOX_CONTROL_URL" in done.err
