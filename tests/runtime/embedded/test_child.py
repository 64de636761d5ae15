from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sandbox.errors import ComponentFailed
from sandbox.runtime.embedded.child import Child

PARENT = """
import sys, time
from pathlib import Path
from sandbox.runtime.embedded.child import Child
child = Child(sys.argv[1:])
child.start()
print(child.pid, child._watchdog.pid, flush=True)
time.sleep(60)
"""

STUBBORN = ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 5
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.fixture
def parents():
    """`parents(argv)` starts a process with such a child; returns it and the pids of child and watchdog."""
    started = []

    def start(argv: list[str]) -> tuple[subprocess.Popen[str], int, int]:
        process = subprocess.Popen([sys.executable, "-c", PARENT, *argv], stdout=subprocess.PIPE, text=True)
        started.append(process)
        child, watchdog = map(int, process.stdout.readline().split())
        return process, child, watchdog

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def children():
    """`children(argv, …)` starts a Child that is ended with the test."""
    started = []

    def start(argv: list[str], **options: object) -> Child:
        started.append(Child(argv, **options))
        started[-1].start()
        return started[-1]

    yield start
    for child in started:
        child.kill()
        assert child.wait_blocking(10) is not None


def test_a_child_dies_with_a_parent_that_was_killed(parents, wait_gone) -> None:
    parent, child, watchdog = parents(["sleep", "60"])
    assert psutil.pid_exists(child)
    parent.kill()
    assert wait_gone(child, 2)
    assert wait_gone(watchdog, 3)


def test_a_stopped_child_dies_with_its_parent_too(parents, wait_gone) -> None:
    parent, child, _ = parents(["sleep", "60"])
    os.kill(child, signal.SIGSTOP)
    parent.kill()
    assert wait_gone(child, 2)


def test_a_child_that_ignores_sigterm_is_killed_after_a_short_grace(parents, wait_gone, tmp_path: Path) -> None:
    note = tmp_path / "ready"
    parent, child, watchdog = parents(["/bin/sh", "-c", f"trap '' TERM; : > {note}; while :; do sleep 0.1; done"])
    wait_for(note)
    parent.kill()
    assert wait_gone(child, 5)
    assert wait_gone(watchdog, 3)


def test_grandchildren_in_the_group_die_as_well(parents, wait_gone, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    parent, child, _ = parents(["/bin/sh", "-c", f"sleep 61 & echo $! > {note}.new; mv {note}.new {note}; wait"])
    wait_for(note)
    grandchild = int(note.read_text())
    parent.kill()
    assert wait_gone(child, 2)
    assert wait_gone(grandchild, 3)


def test_a_parent_that_ends_in_good_order_takes_its_child_along(parents, wait_gone) -> None:
    parent, child, _ = parents(["sleep", "60"])
    parent.send_signal(signal.SIGINT)
    assert wait_gone(child, 3)


async def test_the_end_of_a_child_is_noticed_at_once_with_its_exit_code(children) -> None:
    child = children(["/bin/sh", "-c", "exit 7"])
    assert await asyncio.wait_for(child.wait(), 5) == 7
    assert (child.exit_code, child.pid) == (7, None)
    assert await child.wait() == 7


async def test_a_kill_from_outside_is_noticed_within_a_second(children) -> None:
    child = children(["sleep", "60"])
    waiting = asyncio.create_task(child.wait())
    await asyncio.sleep(0)
    os.kill(child.pid, signal.SIGKILL)
    assert await asyncio.wait_for(waiting, 1) == -signal.SIGKILL


async def test_nothing_is_left_of_a_child_that_ended(children, wait_gone) -> None:
    child = children(["sleep", "60"])
    watchdog = child._watchdog.pid
    assert await child.stop(5) == -signal.SIGTERM
    assert wait_gone(watchdog, 1)
    assert [p for p in psutil.Process().children() if p.pid == watchdog] == []


async def test_stop_kills_what_does_not_end_in_time(children, tmp_path: Path) -> None:
    child = children(STUBBORN, log_file=tmp_path / "log")
    while not (tmp_path / "log").read_text():
        await asyncio.sleep(0.01)
    assert await child.stop(0.2) == -signal.SIGKILL


async def test_a_paused_child_can_be_resumed_and_stopped(children) -> None:
    child = children(["sleep", "60"])
    process = psutil.Process(child.pid)
    child.pause()
    deadline = time.monotonic() + 5
    while process.status() != psutil.STATUS_STOPPED and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert process.status() == psutil.STATUS_STOPPED
    child.resume()
    child.pause()
    assert await child.stop(5) == -signal.SIGTERM


async def test_signals_to_an_ended_child_do_nothing(children) -> None:
    child = children(["true"])
    await child.wait()
    child.terminate()
    child.pause()
    child.kill()
    assert await child.stop(1) == 0


async def test_it_gets_its_environment_folder_and_log(children, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    child = children(
        ["/bin/sh", "-c", "echo $WORD; pwd; echo bad >&2"], env={"WORD": "x y"}, cwd=tmp_path, log_file=log
    )
    assert await child.wait() == 0
    assert log.read_text().splitlines() == ["x y", str(tmp_path.resolve()), "bad"]


async def test_arguments_reach_it_as_they_are(children, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arguments = ["a b", "$HOME", "'", "*", ""]
    child = children([sys.executable, "-c", "import sys; print(sys.argv[1:])", *arguments], log_file=log)
    assert await child.wait() == 0
    assert log.read_text().strip() == repr(arguments)


async def test_it_inherits_no_descriptor_but_the_three(children, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (tmp_path / "other").open("w"):
        child = children([sys.executable, "-c", "import os; print(os.listdir('/dev/fd'))"], log_file=log)
        assert await child.wait() == 0
    # The fourth is the one that listing the folder opens.
    assert log.read_text().strip() == "['0', '1', '2', '3']"


async def test_it_runs_at_low_priority_when_asked(children, tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = children([sys.executable, "-c", "import os; print(os.nice(0))"], log_file=log, nice=7)
    assert await child.wait() == 0
    assert int(log.read_text()) == min(7 + os.nice(0), 19)


async def test_a_command_that_does_not_exist_ends_with_127(children, tmp_path: Path) -> None:
    child = children([str(tmp_path / "nothing-here")], log_file=tmp_path / "log")
    assert await child.wait() == 127
    assert "nothing-here" in (tmp_path / "log").read_text()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ComponentFailed, match="cannot be started"):
        Child(["true"], cwd=tmp_path / "missing").start()


def test_waiting_without_an_event_loop_is_bounded(children) -> None:
    child = children(["sleep", "60"])
    assert child.wait_blocking(0.01) is None
    child.kill()
    assert child.wait_blocking(5) == -signal.SIGKILL
