"""Keeps a sandbox up for as long as anybody uses it: `python -m sandbox.pytest_plugin.keeper NAME USERS LOG LIMIT_S …`.

Whoever uses the sandbox holds a shared lock on the file USERS; the kernel lets go of it at whatever end the user comes
to. The keeper waits for the exclusive lock, which it gets after the last user, and holds it until the sandbox has
stopped. It runs `sandbox exec` around a command that reads a pipe of the keeper's, so that a keeper that is killed
leaves nothing behind either. Further arguments go to `sandbox exec`.

The process that is started here returns once the sandbox is ready (0) or could not be started (1, why is in LOG).
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["keep"]

_UNTIL_CLOSED = "echo; exec cat >/dev/null"


def keep(name: str, users: Path, log: Path, limit_s: str, options: list[str], ready: int) -> None:
    """Hold the sandbox. A line goes to the pipe `ready` when it is; its end without one means failure."""
    command = [sys.executable, "-P", "-m", "sandbox", "exec", "--name", name, "--timeout", limit_s, *options]
    with log.open("wb") as told:
        around = subprocess.Popen(
            [*command, "--", "/bin/sh", "-c", _UNTIL_CLOSED], stdin=subprocess.PIPE, stdout=ready, stderr=told
        )
    os.close(ready)
    with users.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        around.stdin.close()
        around.wait()


def main(name: str, users: str, log: str, limit_s: str, *options: str) -> int:
    told, ready = os.pipe()
    if os.fork():
        os.close(ready)
        return 0 if os.read(told, 1) else 1
    os.close(told)
    os.setsid()
    keep(name, Path(users), Path(log), limit_s, list(options), ready)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
