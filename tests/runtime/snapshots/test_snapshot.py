"""A snapshot and the lock of the engine."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from sandbox.config.folders import StateFolder
from sandbox.errors import Conflict
from sandbox.runtime.snapshots import snapshot
from sandbox.runtime.snapshots.snapshot import Snapshots


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "mine")


@pytest.fixture
def engine(folder: StateFolder) -> int:
    lock = os.open(folder.lock_file, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def test_an_engine_that_has_just_ended_is_given_a_moment(folder: StateFolder, engine: int) -> None:
    ending = threading.Timer(0.1, os.close, (engine,))
    ending.start()
    with Snapshots(folder, print)._held():
        ending.join()


def test_one_that_stays_is_a_conflict(folder: StateFolder, engine: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "LOCK_LIMIT_S", 0.05)
    with pytest.raises(Conflict, match="is being started or used"), Snapshots(folder, print)._held():
        pass
    os.close(engine)
