from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import EnvironmentFailure
from sandbox.runtime.docker import client
from sandbox.runtime.docker.endpoint import Endpoint, find_endpoint


def with_context(home: Path, name: str, host: str) -> None:
    meta = home / ".docker" / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}), encoding="utf-8")


def test_docker_host_wins_over_the_context(tmp_path: Path) -> None:
    with_context(tmp_path, "colima", "unix:///colima.sock")
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "colima"}', encoding="utf-8")
    env = {"HOME": str(tmp_path), "DOCKER_HOST": "tcp://build:2375"}
    assert find_endpoint(env) == Endpoint("tcp://build:2375", "DOCKER_HOST")


def test_the_current_context_is_followed(tmp_path: Path) -> None:
    with_context(tmp_path, "colima", "unix:///colima.sock")
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "colima"}', encoding="utf-8")
    assert find_endpoint({"HOME": str(tmp_path)}) == Endpoint("unix:///colima.sock", "context colima")


def test_docker_context_in_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    with_context(tmp_path, "far", "ssh://far")
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "default"}', encoding="utf-8")
    assert find_endpoint({"HOME": str(tmp_path), "DOCKER_CONTEXT": "far"}) == Endpoint("ssh://far", "context far")


def test_a_broken_configuration_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text("{", encoding="utf-8")
    found = find_endpoint({"HOME": str(tmp_path)})
    assert found is None or found.source in ("Docker", "Podman")


def test_a_rootless_podman_socket_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "podman"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "podman.sock"))
        found = find_endpoint({"HOME": str(tmp_path / "nobody"), "XDG_RUNTIME_DIR": str(tmp_path)})
    assert found is not None
    assert found.source in ("rootless Podman", "Docker")  # a rootful Docker of this machine comes first


def test_it_answers_or_it_does_not(engine: Any, tmp_path: Path) -> None:
    assert Endpoint(engine.url, "test").answers()
    assert not Endpoint(f"unix://{tmp_path / 'none.sock'}", "test").answers()
    assert not Endpoint("tcp://192.0.2.1:2375", "test").answers()


def test_an_image_with_a_registry_and_a_port_is_asked_for_whole(engine: Any) -> None:
    engine.answers["/images/reg:5000/apache/kafka:4.4.0/json"] = {"Id": "sha256:1"}
    endpoint = Endpoint(engine.url, "test")
    assert endpoint.image("reg:5000/apache/kafka:4.4.0") == {"Id": "sha256:1"}
    assert endpoint.image("apache/kafka:4.4.0") is None


def test_an_engine_on_another_machine_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://build")
    with pytest.raises(EnvironmentFailure, match="another machine") as caught:
        client.local_endpoint()
    assert "compose" in caught.value.hint


def test_an_engine_that_does_not_answer_is_an_environment_failure(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="does not answer") as caught:
        client.connect(f"unix://{tmp_path / 'none.sock'}")
    assert "--runtime embedded" in caught.value.hint
