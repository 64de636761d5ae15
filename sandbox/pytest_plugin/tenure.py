"""This process's use of a sandbox that others may use too: the first to come starts it, the last to go stops it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox.config.folders import StateFolder
from sandbox.config.naming import check_name, find_project
from sandbox.errors import ComponentFailed, NotReady
from sandbox.pytest_plugin.options import SandboxOptions
from sandbox.runtime import launch

__all__ = ["Running", "Tenure", "sandbox_name"]

POLL_S = 0.02
STOPPING_LIMIT_S = 60.0
SUFFIX = "-tests"


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers."""

    url: str
    token: str


def sandbox_name(options: SandboxOptions, folder: Path) -> str:
    """The one that is named, else `…-tests` of the project around `folder`. Raises UsageError."""
    given = options.name or os.environ.get("SANDBOX_NAME")
    return check_name(given or find_project(folder).name[: 40 - len(SUFFIX)].rstrip("-") + SUFFIX)


class Tenure:
    """`folder` is where the tests are: its project names the sandbox, its `sandbox.toml` says what it is like."""

    def __init__(self, options: SandboxOptions, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._users: IO[bytes] | None = None

    def enter(self) -> Running:
        """The sandbox, started if need be. Raises ComponentFailed when it cannot be, NotReady at a limit."""
        if self._options.name is None and (url := os.environ.get("SANDBOX_CONTROL_URL")):
            return Running(url, os.environ.get("SANDBOX_TOKEN", ""))
        state = StateFolder.of(sandbox_name(self._options, self._folder))
        state.path.parent.mkdir(parents=True, exist_ok=True)
        users = state.path.with_name(f".{state.name}.users.lock")
        self._users = users.open("ab")
        try:
            _lock(self._users, fcntl.LOCK_SH, STOPPING_LIMIT_S, f"sandbox {state.name} is still stopping")
            with state.path.with_name(f".{state.name}.start.lock").open("ab") as turn:
                limit_s = self._options.ready_limit_s
                _lock(turn, fcntl.LOCK_EX, limit_s, f"sandbox {state.name} is being started by another process")
                self._start(state, users)
        except BaseException:
            self.leave()
            raise
        return Running(launch.control(state).url, state.token() or "")

    def leave(self) -> None:
        """Whoever is the last to leave has the sandbox stopped, a moment later, if it was started for tests."""
        if self._users is not None:
            self._users.close()
            self._users = None

    def _start(self, state: StateFolder, users: Path) -> None:
        launch.wait_announced(state)
        if launch.engine_of(state) is not None:
            launch.wait_ready(state, None, timeout_s=self._options.ready_limit_s)
            return
        log = state.path.with_name(f".{state.name}.start.log")
        settings = {"ports": "auto", **self._options.settings}
        environ = {f"SANDBOX_{key.upper().replace('-', '_')}": value for key, value in settings.items()}
        is_own = self._options.name is None and not os.environ.get("SANDBOX_NAME")
        fresh = ["--fresh"] if self._options.fresh or is_own else []
        done = subprocess.run(
            [sys.executable, "-P", "-m", "sandbox.pytest_plugin.keeper", state.name, str(users), str(log),
             str(self._options.ready_limit_s), *fresh],
            cwd=self._folder, env={**os.environ, **environ}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
            raise ComponentFailed(f"sandbox {state.name} could not be started: {' '.join(last)}", where=str(log))


def _lock(file: IO[bytes], kind: int, limit_s: float, why: str) -> None:
    """Raises NotReady when it cannot be had in time."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise NotReady(
                    why, where=file.name, hint="see `sandbox status`, and `sandbox down` to end it"
                ) from None
            time.sleep(POLL_S)
        else:
            return
