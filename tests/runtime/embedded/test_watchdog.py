"""What a process started ends with it."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from sandbox.runtime.embedded.watchdog import Watchdog

WATCHER = """
import time
from sandbox.runtime.embedded.watchdog import Watchdog
watchdog = Watchdog({})
print("on", flush=True)
time.sleep(60)
"""


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], start_new_session=True)


def test_a_group_ends_when_its_watcher_is_killed() -> None:
    watched = sleeper()
    code = WATCHER.format(watched.pid)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as watcher:
        assert watcher.stdout and watcher.stdout.readline() == b"on\n"
        watcher.kill()
    assert watched.wait(timeout=10) == -15


def test_a_dismissed_watchdog_leaves_the_group_alone() -> None:
    watched = sleeper()
    try:
        Watchdog(watched.pid).dismiss()
        time.sleep(0.1)
        assert psutil.Process(watched.pid).status() != psutil.STATUS_ZOMBIE
    finally:
        watched.kill()
        watched.wait(timeout=10)
