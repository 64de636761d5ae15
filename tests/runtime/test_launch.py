"""An engine between its start and its first announcement, played by a process that only sleeps."""

import os
import threading
import time
from pathlib import Path

import pytest

from sandbox.config.folders import StateFolder
from sandbox.config.settings import Settings
from sandbox.control.quick_client import QuickClient
from sandbox.errors import NotReady, NotRunning
from sandbox.runtime import launch


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr(launch.sys, "executable", str(sleeper))
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path / "state"))
    folder = StateFolder.of("silent")
    folder.create()
    return folder


def test_an_engine_that_has_not_announced_itself_is_stopped_too(folder: StateFolder) -> None:
    process = launch.launch(launch.make_plan(Settings(ports="auto"), folder), folder)
    assert launch.engine_of(folder) is None
    assert launch.stop_engine(folder) is True
    assert process.wait(5) != 0
    assert not folder.engine_file.exists()
    assert launch.stop_engine(folder) is False


def test_another_up_waits_for_the_announcement(folder: StateFolder) -> None:
    process = launch.launch(launch.make_plan(Settings(ports="auto"), folder), folder)
    started = {"pid": process.pid, "started_at": launch.read_json(folder.engine_file)["started_at"]}
    announced = {**started, "control_url": "http://127.0.0.1:1"}
    timer = threading.Timer(0.2, folder.write_json, (folder.engine_file, announced))
    timer.start()
    try:
        launch.wait_announced(folder)
        assert launch.engine_of(folder).control_url == "http://127.0.0.1:1"
    finally:
        timer.join()
        launch.stop_engine(folder)
        process.wait(5)


def test_nobody_waits_for_an_engine_that_is_gone_or_stays_silent(folder: StateFolder) -> None:
    launch.wait_announced(folder)
    process = launch.launch(launch.make_plan(Settings(ports="auto"), folder), folder)
    before_s = time.monotonic()
    launch.wait_announced(folder, limit_s=0.1)
    assert time.monotonic() - before_s >= 0.1
    os.kill(process.pid, 9)
    process.wait(5)
    launch.wait_announced(folder)
    assert launch.engine_of(folder) is None


def announced(folder: StateFolder, pid: int, url: str) -> dict[str, object]:
    started_at = launch.read_json(folder.engine_file)["started_at"]
    return {"pid": pid, "started_at": started_at, "control_url": url}


def test_an_engine_that_stops_is_waited_for(folder: StateFolder) -> None:
    """It answers nobody any more, and then it ends."""
    process = launch.launch(launch.make_plan(Settings(ports="auto"), folder), folder)
    folder.write_json(folder.engine_file, announced(folder, process.pid, "http://127.0.0.1:1"))
    ending = threading.Timer(0.2, process.kill)
    ending.start()
    assert launch.is_served(folder) is False
    assert process.wait(5) != 0
    ending.join()


def test_an_engine_that_neither_answers_nor_ends_is_told(folder: StateFolder) -> None:
    process = launch.launch(launch.make_plan(Settings(ports="auto"), folder), folder)
    folder.write_json(folder.engine_file, announced(folder, process.pid, "http://127.0.0.1:1"))
    with pytest.raises(NotRunning, match="no sandbox answers"):
        launch.is_served(folder, limit_s=0.1)
    launch.stop_engine(folder)
    process.wait(5)


@pytest.mark.parametrize(("state", "served"), [("ready", True), ("failed", True), ("stopping", None)])
def test_an_engine_that_answers_serves_unless_it_says_that_it_stops(
    folder: StateFolder, state: str, served: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = launch.launch(launch.make_plan(Settings(ports="auto"), folder), folder)
    folder.write_json(folder.engine_file, announced(folder, process.pid, "http://127.0.0.1:1"))
    monkeypatch.setattr(QuickClient, "get", lambda *_: {"state": state})
    if served is None:
        with pytest.raises(NotReady, match="is still stopping"):
            launch.is_served(folder, limit_s=0.1)
    else:
        assert launch.is_served(folder, limit_s=0.1) is served
    launch.stop_engine(folder)
    process.wait(5)


def test_what_the_engine_announced_first_stays(folder: StateFolder) -> None:
    folder.engine_file.write_text('{"pid": 1, "control_url": "x"}')
    launch._note_start(folder, os.getpid())
    assert launch.read_json(folder.engine_file) == {"pid": 1, "control_url": "x"}


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (None, None),
        ("", None),
        ("one\ntwo\n", "two"),
        ("one\nerror: port 1 is taken\n  → choose another\n", "error: port 1 is taken → choose another"),
    ],
)
def test_the_last_words_of_an_engine_are_told_whole(tmp_path: Path, log: str | None, told: str | None) -> None:
    if log is not None:
        (tmp_path / "engine.log").write_text(log)
    assert launch._last_words(tmp_path / "engine.log") == told
