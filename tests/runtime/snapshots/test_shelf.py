"""Snapshots that have a name, and what may be deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import InvalidFile, UnknownName, UsageError
from sandbox.runtime.snapshots.archive import write
from sandbox.runtime.snapshots.shelf import place_of, remove, shelved
from tests.runtime.snapshots.conftest import describe


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_name_lies_on_the_shelf_and_a_file_where_it_says(root: Path, tmp_path: Path) -> None:
    assert place_of("first") == root / ".snapshots" / "first.tar.gz"
    assert place_of(str(tmp_path / "x")) == tmp_path / "x"
    assert place_of("here.tar.gz") == Path("here.tar.gz").absolute()
    with pytest.raises(UsageError):
        place_of("no name!")


def test_what_lies_there_is_listed_damaged_or_not(data: Path) -> None:
    assert shelved() == []
    write(place_of("good"), data, describe)
    place_of("bad").write_bytes(b"?")
    bad, good = shelved()
    assert (bad.name, bad.manifest) == ("bad", None)
    assert "damaged, or no snapshot" in (bad.problem or "")
    assert good.manifest is not None
    assert good.manifest.name == "mine"


def test_nothing_but_a_snapshot_is_deleted(data: Path, tmp_path: Path) -> None:
    write(place_of("good"), data, describe)
    with pytest.raises(UnknownName) as raised:
        remove("godo")
    assert raised.value.hint == "there are: good"
    other = tmp_path / "thesis.tar.gz"
    other.write_bytes(b"years of work")
    with pytest.raises(InvalidFile):
        remove(str(other))
    assert other.exists()
    assert remove("good") == place_of("good")
    assert shelved() == []
