"""Another set of data takes the place of a sandbox's own, or what was there stays."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import Conflict, EnvironmentFailure
from sandbox.runtime import data_swap
from sandbox.runtime.data_swap import PARTS, DataSwap

CLEAN = ["kafka", "stores", "token"]
locked = data_swap._locked


class Killed(BaseException):
    """The process ends here: nothing of it runs any more."""


def mortal(patch: pytest.MonkeyPatch, operations: int) -> None:
    """Let so many file operations happen: the process ends at the next one, amid a removal, and does none after it."""
    left = iter(range(operations))

    def counted(operation: Callable[..., Any]) -> Callable[..., Any]:
        def perform(*given: Any, **options: Any) -> Any:
            if next(left, None) is None:
                if operation is rmtree:
                    remove_one(Path(given[0]))
                raise Killed
            return operation(*given, **options)

        return perform

    rmtree = shutil.rmtree
    for owner, name in ((Path, "rename"), (Path, "unlink"), (Path, "mkdir"), (os, "fsync"), (shutil, "rmtree")):
        patch.setattr(owner, name, counted(getattr(owner, name)))


def remove_one(folder: Path) -> None:
    for each in sorted(folder.rglob("file"))[:1]:
        each.write_bytes(b"")


def fill(folder: Path, word: str) -> None:
    for part in PARTS:
        (folder / part).mkdir(parents=True)
        (folder / part / "file").write_text(word, encoding="utf-8")


def words(folder: Path) -> list[str]:
    return [(folder / part / "file").read_text(encoding="utf-8") for part in PARTS]


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, "old")
    (tmp_path / "token").touch()
    return tmp_path


def prepared(folder: Path) -> DataSwap:
    swap = DataSwap(folder)
    swap.begin()
    fill(swap.prepare(), "new")
    return swap


def confirmed(swap: DataSwap) -> None:
    swap.commit()
    swap.confirm()
    swap.end()


def undone(swap: DataSwap) -> None:
    swap.commit()
    swap.undo()
    swap.end()


def given_up(swap: DataSwap) -> None:
    swap.end()


def test_new_data_takes_the_place_and_the_rest_stays(folder: Path) -> None:
    swap = prepared(folder)
    assert words(folder) == ["old", "old"]
    swap.commit()
    assert words(folder) == ["new", "new"]
    swap.confirm()
    swap.end()
    assert (words(folder), names(folder)) == (["new", "new"], CLEAN)


def test_what_was_there_comes_back(folder: Path) -> None:
    undone(prepared(folder))
    assert (words(folder), names(folder)) == (["old", "old"], CLEAN)


def test_data_that_is_not_put_in_place_is_dropped(folder: Path) -> None:
    prepared(folder).end()
    assert (words(folder), names(folder)) == (["old", "old"], CLEAN)


def test_a_folder_without_data_gets_some_and_loses_it_again(tmp_path: Path) -> None:
    swap = prepared(tmp_path)
    swap.commit()
    assert words(tmp_path) == ["new", "new"]
    swap.undo()
    swap.end()
    assert names(tmp_path) == []


@pytest.mark.parametrize("story", [confirmed, undone, given_up])
@pytest.mark.parametrize("had_data", [True, False])
def test_killed_between_any_two_file_operations_it_is_all_new_or_all_old(
    tmp_path: Path, story: Callable[[DataSwap], None], had_data: bool
) -> None:
    """The recovery too is killed between any two of its own, and a start makes an empty folder of stores before it."""
    outcomes: set[str] = set()
    for first in range(100):
        for second in range(100):
            folder = tmp_path / f"{first}-{second}"
            folder.mkdir()
            if had_data:
                fill(folder, "old")
            finished = survives(story, prepared(folder), first)
            (folder / "stores").mkdir(exist_ok=True)
            recovered = survives(DataSwap.recover, DataSwap(folder), second)
            DataSwap(folder).recover()
            assert not {".swap", ".before", ".incoming"} & set(names(folder)), "nothing is left behind"
            outcomes.add(state := "|".join(words(folder)) if (folder / "kafka").exists() else "none")
            assert state in ("old|old", "new|new", "none"), (first, second)
            assert state != "none" or not had_data
            if recovered:
                break
        if finished:
            break
    assert second < 99 and first < 99
    before = "old|old" if had_data else "none"
    assert outcomes == ({before, "new|new"} if story is confirmed else {before})


def survives(work: Callable[[DataSwap], None], swap: DataSwap, operations: int) -> bool:
    """Whether the work comes to its end within so many file operations; its process holds no lock afterwards."""
    locks = [swap._lock]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_swap, "_locked", lambda *given: locks.append(locked(*given)) or locks[-1])
        mortal(patch, operations)
        try:
            work(swap)
        except Killed:
            finished = False
        else:
            finished = True
    for each in locks:
        with contextlib.suppress(OSError, TypeError):  # closed already, or there was none
            os.close(each)
    return finished


def test_a_swap_whose_process_lives_is_left_alone_and_nobody_else_begins_one(folder: Path) -> None:
    swap = prepared(folder)
    swap.commit()
    DataSwap(folder).recover()
    assert words(folder) == ["new", "new"]
    with pytest.raises(Conflict, match="being loaded"):
        DataSwap(folder).begin()
    swap.undo()
    swap.end()
    DataSwap(folder).begin()


@pytest.mark.parametrize(("ending", "stays"), [("confirm", True), ("die", False)])
def test_an_engine_hears_whether_the_data_it_runs_with_stays(folder: Path, ending: str, stays: bool) -> None:
    swap, heard = prepared(folder), []
    swap.commit()
    engine = threading.Thread(target=lambda: heard.append(DataSwap(folder).wait_decided()))
    engine.start()
    if ending == "confirm":
        swap.confirm()
    assert heard == []
    swap.end()
    engine.join(10)
    assert heard == [stays]
    assert DataSwap(folder).wait_decided() is stays, "also afterwards"


def test_data_that_cannot_be_put_back_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap = prepared(folder)
    swap.commit()
    swap.end()

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(EnvironmentFailure, match="cannot be put back: Permission denied"):
        DataSwap(folder).recover()
