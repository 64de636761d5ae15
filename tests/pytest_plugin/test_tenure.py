"""Which sandbox the tests of a project use, and waiting for it while somebody else has it."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from sandbox.errors import ComponentFailed, NotReady, UsageError
from sandbox.pytest_plugin.options import SandboxOptions
from sandbox.pytest_plugin.tenure import Running, Tenure, sandbox_name


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "Trading Desk"
    (folder / "tests").mkdir(parents=True)
    (folder / "sandbox.toml").touch()
    return folder / "tests"


def test_the_tests_of_a_project_have_a_sandbox_beside_the_developers_own(project: Path) -> None:
    assert sandbox_name(SandboxOptions(), project) == "trading-desk-tests"


def test_a_long_name_is_cut_so_that_it_stays_a_name(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 33 + "-" + "b" * 20)
    folder.mkdir()
    (folder / ".git").mkdir()
    assert sandbox_name(SandboxOptions(), folder) == "a" * 33 + "-tests"


def test_a_name_may_be_given(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_NAME", "exported")
    assert sandbox_name(SandboxOptions(), project) == "exported"
    assert sandbox_name(SandboxOptions(name="given"), project) == "given"
    with pytest.raises(UsageError):
        sandbox_name(SandboxOptions(name="Not A Name"), project)


def test_an_exported_sandbox_is_used_as_it_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CONTROL_URL", "http://127.0.0.1:8099")
    monkeypatch.setenv("SANDBOX_TOKEN", "secret")
    assert Tenure(SandboxOptions(), project).enter() == Running("http://127.0.0.1:8099", "secret")


def test_a_sandbox_that_another_process_is_starting_is_waited_for_no_longer_than_allowed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "state"
    root.mkdir()
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(root))
    with (root / ".trading-desk-tests.start.lock").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with pytest.raises(NotReady, match="is being started by another process"):
            Tenure(SandboxOptions(ready_limit_s=0.05), project).enter()
    with (root / ".trading-desk-tests.users.lock").open("ab") as users:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody is left who holds it


def test_settings_of_the_tests_are_handed_to_the_start(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told by what a start refuses: it names the variable that the setting came in."""
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path / "state"))
    with pytest.raises(ComponentFailed, match="SANDBOX_RATE_LIMITS"):
        Tenure(SandboxOptions(settings={"rate-limits": "sometimes"}), project).enter()
    assert [path for path in (tmp_path / "state").iterdir() if path.is_dir()] == []
