"""Compose against the Docker engine of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox.config.folders import cache_dir, share_dir
from sandbox.runtime.docker.client import local_endpoint
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

    def run(self, *arguments: str, files: tuple[str, ...] = ("compose",), **environ: str) -> list[str]:
        chosen = [part for file in files for part in ("-f", str(share_dir("compose") / f"{file}.yaml"))]
        lines: list[str] = []
        self.compose.run(
            [*chosen, "-p", self.name, *arguments], environ={**self.environ, **environ}, on_line=lines.append
        )
        return lines


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    prepare(cache_dir(), offline=False, progress=Silent())
    project = Project(Compose.find(local_endpoint().url))
    yield project
    project.run("down", "--volumes", "--remove-orphans")
