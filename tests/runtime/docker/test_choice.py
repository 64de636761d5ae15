from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import StateFolder
from sandbox.config.settings import Settings
from sandbox.runtime.choice import choose_runtime
from sandbox.runtime.docker.labels import SOURCE_LABEL
from sandbox.runtime.docker.project import KAFKA_IMAGE, SERVICES_IMAGE
from sandbox.runtime.docker.sources import Sources


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    for name in ("SANDBOX_IMAGE", "SANDBOX_KAFKA_IMAGE", "SANDBOX_IMAGE_PREFIX", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'none.sock'}")
    return StateFolder(tmp_path / "shop")


def test_what_is_asked_for_is_taken(folder: StateFolder) -> None:
    assert choose_runtime(Settings(runtime="docker"), folder).runtime == "docker"
    assert choose_runtime(Settings(runtime="embedded"), folder).why is None


def test_what_was_chosen_before_is_kept_without_a_word(folder: StateFolder) -> None:
    folder.create()
    folder.write_record({"runtime": "docker"})
    choice = choose_runtime(Settings(), folder)
    assert (choice.runtime, choice.why) == ("docker", None)


def test_a_silent_engine_means_embedded(folder: StateFolder) -> None:
    choice = choose_runtime(Settings(), folder)
    assert choice.runtime == "embedded" and "does not answer" in choice.why


def test_an_engine_elsewhere_means_embedded(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    assert "another machine" in choose_runtime(Settings(), folder).why


def test_docker_is_taken_only_with_every_image_in_this_version(
    folder: StateFolder, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    choice = choose_runtime(Settings(), folder)
    assert choice.runtime == "embedded" and KAFKA_IMAGE in choice.why and "prepare --runtime docker" in choice.why
    engine.answers[f"/images/{KAFKA_IMAGE}/json"] = {"Id": "1"}
    labels = {SOURCE_LABEL: Sources().digest()}
    engine.answers[f"/images/{SERVICES_IMAGE}/json"] = {"Config": {"Labels": labels}}
    choice = choose_runtime(Settings(), folder)
    assert choice.runtime == "docker" and "every image" in choice.why


def test_the_embedded_way_never_loads_the_docker_library() -> None:
    code = """
import sys
import sandbox.runtime.choice, sandbox.runtime.launch, sandbox.runtime.runtimes, sandbox.runtime.docker.endpoint
import sandbox.runtime.embedded.runtime
bad = {"docker", "requests", "urllib3", "aiohttp"} & set(sys.modules)
sys.exit(f"loaded: {bad}" if bad else 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
