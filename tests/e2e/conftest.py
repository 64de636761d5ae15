"""The real command line on the real Kafka."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

START_LIMIT_S = 100


@dataclass
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Cli:
    """Runs `sandbox …` as a user would: a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, state_root: Path) -> None:
        self.folder = folder
        self.state_root = state_root
        self.environ = {**os.environ, "SANDBOX_STATE_ROOT": str(state_root), "SANDBOX_RUNTIME": "embedded"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "sandbox", *arguments]

    def run(self, *arguments: str, limit_s: float = START_LIMIT_S, env: dict[str, str] | None = None) -> Done:
        done = subprocess.run(
            self.command(*arguments), cwd=self.folder, env={**self.environ, **(env or {})}, capture_output=True,
            text=True, timeout=limit_s, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str, **options: Any) -> Done:
        done = self.run(*arguments, **options)
        assert done.code == 0, f"sandbox {' '.join(arguments)} → {done.code}\n{done.out}\n{done.err}"
        return done

    def popen(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments), cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, stdin=subprocess.DEVNULL, **options,
        )  # fmt: skip

    def engine(self, name: str) -> dict[str, Any]:
        return json.loads((self.state_root / name / "engine.json").read_text(encoding="utf-8"))

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to a sandbox of this state root, watchdogs and training too, zombies aside."""
        found = []
        for process in psutil.process_iter(["cmdline", "status", "environ"]):
            try:
                line = " ".join(process.info["cmdline"] or ())
                environ = process.info["environ"] or {}
            except psutil.Error:
                continue
            if process.info["status"] == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            if str(self.state_root) in line or environ.get("SANDBOX_STATE_ROOT") == str(self.state_root):
                found.append(process)
        return found


def eventually(check: Callable[[], Any], limit_s: float = 10.0) -> Any:
    """The first truthy result of `check`; fails at the limit. For what another process does in its own time."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {limit_s} s: {check.__doc__ or check}")


@pytest.fixture(scope="session")
def wait_for() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """A command line with a state root of its own; whatever a test leaves running is ended after it."""
    folder = tmp_path / "project"
    folder.mkdir()
    cli = Cli(folder, tmp_path / "state")
    yield cli
    cli.run("down", "--all", "--purge")
    for process in cli.processes():
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="session")
def make_cli() -> type[Cli]:
    return Cli


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, dict[str, Any]]]:
    """One running sandbox for the tests that do no harm: its command line and its status."""
    root = tmp_path_factory.mktemp("shared")
    folder = root / "shared-project"
    folder.mkdir()
    (folder / "sandbox.toml").write_text('ports = "auto"\nprofile = "demo"\nrate-limits = "off"\n', encoding="utf-8")
    cli = Cli(folder, root / "state")
    status = cli.ok("up", "--json").json
    yield cli, status
    cli.run("down", "--all", "--purge")
