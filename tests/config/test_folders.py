import stat
from pathlib import Path

import pytest

from sandbox.config.folders import StateFolder, cache_dir, share_dir, state_root
from sandbox.errors import EnvironmentFailure


@pytest.fixture(autouse=True)
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path / "state"))
    monkeypatch.setenv("SANDBOX_CACHE_DIR", str(tmp_path / "cache"))


def test_the_folders_come_from_the_environment(tmp_path: Path) -> None:
    assert (state_root(), cache_dir()) == (tmp_path / "state", tmp_path / "cache")


def test_a_new_folder_is_private_and_has_a_token_that_stays() -> None:
    folder = StateFolder.of("desk")
    folder.create()
    token = folder.token()
    folder.create()
    assert token and folder.token() == token
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.token_file.stat().st_mode) == 0o600


def test_all_sandboxes_are_those_with_a_record(tmp_path: Path) -> None:
    folder = StateFolder.of("desk")
    folder.create()
    folder.write_record({"ports": {"kafka": 9092}})
    (tmp_path / "state" / "stray").mkdir()
    assert [each.name for each in StateFolder.all()] == ["desk"]
    assert folder.record() == {"ports": {"kafka": 9092}}


def test_a_purge_removes_only_what_a_sandbox_made() -> None:
    folder = StateFolder.of("desk")
    folder.create()
    folder.purge()
    assert folder.path.is_dir(), "no record: not ours to remove"
    folder.write_record({})
    folder.purge()
    assert not folder.path.exists()


def test_fresh_data_keeps_the_token() -> None:
    folder = StateFolder.of("desk")
    folder.create()
    (folder.stores / "capsule.db").touch()
    token = folder.token()
    folder.remove_data()
    assert not folder.stores.exists() and folder.token() == token


def test_a_state_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(EnvironmentFailure) as caught:
        StateFolder.of("desk").create()
    assert "SANDBOX_STATE_ROOT" in (caught.value.hint or "")


def test_half_a_record_counts_as_none(tmp_path: Path) -> None:
    folder = StateFolder.of("desk")
    folder.create()
    (folder.path / "sandbox.json").write_text('{"ports": ', encoding="utf-8")
    assert folder.record() == {}


def test_the_shipped_scenarios_are_found() -> None:
    assert share_dir("scenarios").is_dir()
