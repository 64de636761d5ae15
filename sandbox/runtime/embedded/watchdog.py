"""Ends a process group when this process ends, `kill -9` included: a shell that waits for the end of a pipe."""

from __future__ import annotations

import subprocess

__all__ = ["Watchdog"]

# $1: process group; it gets 20 × 0.1 s between SIGTERM and SIGKILL.
_SCRIPT = """
trap '' HUP INT TERM
read -r _
kill -TERM -"$1"; kill -CONT -"$1"
n=0
while [ $n -lt 20 ] && kill -0 -"$1"; do sleep 0.1; n=$((n+1)); done
kill -KILL -"$1"
"""


class Watchdog:
    """Watches over the process group that `leader` (a pid) leads, from now until `dismiss`.

    It leads a session of its own: Ctrl-C in a terminal does not reach it. Raises OSError when it cannot be started.
    """

    def __init__(self, leader: int) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "sandbox-watchdog", str(leader)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def dismiss(self) -> None:
        """The group has ended, or may live on."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
