"""How long containers take: `up --runtime docker` with its images present, against Kafka alone by plain Compose.

Run as root with `.ci/docker/run .venv/bin/pytest -q -s -m docker tests/benchmarks/test_docker_start.py`, or with Docker
by pytest alone. Both are measured in turn in one run; the ratio is what counts, that of the bests on a busy machine.
Plain Compose asks Kafka's health every second here, so that the ratio is not flattered.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.config.folders import cache_dir, share_dir
from sandbox.runtime.docker.client import connect, local_endpoint
from sandbox.runtime.docker.compose import Compose
from sandbox.runtime.docker.preparation import prepare
from sandbox.runtime.docker.project import SERVICES_IMAGE

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

ROUNDS = 5
IMAGE = "butterfly-sandbox:bench"
"""The image as it is now under a name of its own, so that an edit of the sources meanwhile does not build it again."""
TARGET = 1.5


class Silent:
    def say(self, text: str) -> None:
        pass


def sandbox(folder: Path, *arguments: str) -> float:
    started = time.perf_counter()
    environ = {**os.environ, "SANDBOX_STATE_ROOT": str(folder / "state"), "SANDBOX_IMAGE": IMAGE}
    command = [sys.executable, "-P", "-m", "sandbox", *arguments, "--name", f"bench-{os.getpid()}"]
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True, timeout=180)
    return time.perf_counter() - started


def kafka_alone(compose: Compose) -> float:
    file = share_dir("compose") / "compose.yaml"
    name = f"bench-plain-{os.getpid()}"
    environ = {
        "SANDBOX_HEALTH_INTERVAL": "1s", "SANDBOX_KAFKA_PORT": "29392", "SANDBOX_NETWORK": name, "COMPOSE_PROFILES": "",
    }  # fmt: skip
    project = ["-f", str(file), "-p", name]
    started = time.perf_counter()
    try:
        compose.run([*project, "up", "--wait", "--pull", "never", "kafka"], environ=environ)
        return time.perf_counter() - started
    finally:
        compose.run([*project, "down", "--volumes"], environ=environ)


def test_up_with_images_present_against_kafka_alone(tmp_path: Path) -> None:
    endpoint = local_endpoint()
    compose = Compose.find(endpoint.url)
    prepare(cache_dir(), offline=False, progress=Silent())
    client = connect(endpoint.url)
    client.images.get(SERVICES_IMAGE).tag(IMAGE)
    client.close()
    up = ("up", "--runtime", "docker", "--ports", "auto")
    sandbox(tmp_path, *up)
    sandbox(tmp_path, "down", "--purge")
    ours, plain, downs = [], [], []
    for _ in range(ROUNDS):
        plain.append(kafka_alone(compose))
        ours.append(sandbox(tmp_path, *up))
        downs.append(sandbox(tmp_path, "down", "--purge"))
    print(f"\nup --runtime docker, proven ready   {told(ours)}")
    print(f"compose up --wait, Kafka alone      {told(plain)}")
    medians, bests = (measure(ours) / measure(plain) for measure in (statistics.median, min))
    print(f"ratio                               {medians:.2f} of the medians, {bests:.2f} of the bests")
    print(f"target                              {TARGET}")
    print(f"down --purge                        {told(downs)}")


def told(rounds_s: list[float]) -> str:
    return f"{statistics.median(rounds_s):.2f} s  (median of {ROUNDS}; {min(rounds_s):.2f}–{max(rounds_s):.2f})"
