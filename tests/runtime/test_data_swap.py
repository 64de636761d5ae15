"""Another set of data takes the place of a sandbox's own, or what was there stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.runtime.data_swap import PARTS, DataSwap


def fill(folder: Path, word: str) -> None:
    for part in PARTS:
        (folder / part).mkdir(parents=True)
        (folder / part / "file").write_text(word, encoding="utf-8")


def words(folder: Path) -> list[str]:
    return [(folder / part / "file").read_text(encoding="utf-8") for part in PARTS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, "old")
    (tmp_path / "token").touch()
    return tmp_path


def test_new_data_takes_the_place_and_the_rest_stays(folder: Path) -> None:
    swap = DataSwap(folder)
    fill(swap.prepare(), "new")
    assert words(folder) == ["old", "old"]
    swap.commit()
    assert words(folder) == ["new", "new"]
    swap.forget()
    assert sorted(each.name for each in folder.iterdir()) == ["kafka", "stores", "token"]


def test_what_was_there_comes_back(folder: Path) -> None:
    swap = DataSwap(folder)
    fill(swap.prepare(), "new")
    swap.commit()
    swap.undo()
    assert words(folder) == ["old", "old"]
    assert sorted(each.name for each in folder.iterdir()) == ["kafka", "stores", "token"]


def test_data_that_is_not_whole_is_dropped(folder: Path) -> None:
    fill(DataSwap(folder).prepare(), "half")
    DataSwap(folder).finish()
    assert words(folder) == ["old", "old"]
    DataSwap(folder).drop()
    assert not DataSwap(folder).incoming.exists()


@pytest.mark.parametrize("renames", range(5))
def test_an_interrupted_swap_is_carried_to_its_end(folder: Path, renames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends after that many of the four renames."""
    fill(DataSwap(folder).prepare(), "new")
    rename, did = Path.rename, []

    def mortal(self: Path, target: Path) -> Path:
        if len(did) == renames:
            raise KeyboardInterrupt
        did.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", mortal)
    try:
        DataSwap(folder).commit()
    except KeyboardInterrupt:
        DataSwap(folder).drop()
    monkeypatch.undo()
    DataSwap(folder).finish()
    assert words(folder) == ["new", "new"]
    DataSwap(folder).undo()
    assert words(folder) == ["old", "old"]


def test_a_folder_without_data_gets_some_and_loses_it_again(tmp_path: Path) -> None:
    swap = DataSwap(tmp_path)
    fill(swap.prepare(), "new")
    swap.commit()
    assert words(tmp_path) == ["new", "new"]
    swap.undo()
    assert list(tmp_path.iterdir()) == []
