"""Compose against the Docker engine of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import cache_dir, share_dir
from sandbox.runtime.docker.client import connect, local_endpoint
from sandbox.runtime.docker.compose import Compose
from sandbox.runtime.docker.preparation import prepare


class Silent:
    def say(self, text: str) -> None:
        pass


class Project:
    """compose/compose.yaml as a project of the test's own, on ports of its own."""

    def __init__(self, compose: Compose) -> None:
        self.compose = compose
        self.name = f"compose-alone-{os.getpid()}"
        base = 29_400
        ports = {"KAFKA": base, "REGISTRY": base + 1, "CAPSULE": base + 2, "ODYSSEY": base + 3, "PLATO": base + 4}
        self.ports = ports
        self.environ = {
            "SANDBOX_NETWORK": self.name, "SANDBOX_PROFILE": "demo", "COMPOSE_PROFILES": "ours",
            **{f"SANDBOX_{name}_PORT": str(port) for name, port in ports.items()},
        }  # fmt: skip

    def run(
        self, *arguments: str, files: tuple[str, ...] = ("compose",), beside: Path | None = None, **environ: str
    ) -> list[str]:
        """What Compose says. `files` are names within compose/; `beside` is a file of the test's own."""
        paths = [share_dir("compose") / f"{file}.yaml" for file in files]
        return self.run_files([*paths, *([beside] if beside else [])], self.name, *arguments, **environ)

    def run_files(self, files: list[Path], name: str, *arguments: str, **environ: str) -> list[str]:
        chosen = [part for file in files for part in ("-f", str(file))]
        lines: list[str] = []
        self.compose.run([*chosen, "-p", name, *arguments], environ={**self.environ, **environ}, on_line=lines.append)
        return lines

    def containers(self) -> dict[str, Any]:
        """Service → what the Docker engine knows of its container."""
        with self.docker() as client:
            found = client.containers.list(all=True, filters=self.mine)
            return {each.labels["com.docker.compose.service"]: each.attrs for each in found}

    @property
    def mine(self) -> dict[str, str]:
        return {"label": f"com.docker.compose.project={self.name}"}

    @contextmanager
    def docker(self) -> Iterator[Any]:
        client = connect(local_endpoint().url)
        try:
            yield client
        finally:
            client.close()


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    prepare(cache_dir(), offline=False, progress=Silent())
    project = Project(Compose.find(local_endpoint().url))
    yield project
    project.run("down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    def wait(check: Callable[[], Any], limit_s: float = 20.0) -> Any:
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if found := check():
                return found
            time.sleep(0.1)
        raise AssertionError(f"not within {limit_s} s")

    return wait
