"""compose/compose.yaml used alone, by Compose and nothing of ours."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from sandbox.errors import ComponentFailed

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

ADDED = ("engine", "advertise", "bind", "contracts", "examples/team-service")


@pytest.mark.parametrize("added", [(), *((name,) for name in ADDED), ("engine", "advertise", "bind", "contracts")])
def test_compose_accepts_every_file(project: Any, added: tuple[str, ...]) -> None:
    given = {"SANDBOX_BIND_ALSO": "192.0.2.1", "SANDBOX_CONTRACTS": "/tmp"}
    project.run("config", "--quiet", files=("compose", *added), **given)


@pytest.mark.parametrize("profile", ["ours", "confluent", "karapace"])
def test_each_profile_gives_one_registry(project: Any, profile: str) -> None:
    services = set(project.run("--profile", profile, "config", "--services"))
    registries = {name for name in services if "registry" in name}
    assert registries == {{"ours": "schema-registry"}.get(profile, f"registry-{profile}")}
    assert {"kafka", "capsule", "odyssey", "plato", "audit"} < services


def test_a_missing_variable_is_named(project: Any) -> None:
    with pytest.raises(ComponentFailed, match="SANDBOX_CONTRACTS"):
        project.run("config", "--quiet", files=("compose", "contracts"))


def test_up_returns_with_everything_healthy_and_keeps_data_over_a_restart(project: Any) -> None:
    project.run("up", "--wait", "--no-build", "--pull", "never")
    url = f"http://localhost:{project.ports['CAPSULE']}/api/v1/capsules"
    body = {"scopeId": "rim:entity:docker:alone", "timestamp": "2025-01-01T00:00:00Z", "resolution": 60,
            "vantageMode": "omniscient", "content": {}}  # fmt: skip
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 201
    project.run("down")
    project.run("up", "--wait", "--no-build", "--pull", "never")
    with urllib.request.urlopen(f"{url}?scopeId=rim:entity:docker:alone", timeout=20) as answer:
        assert len(json.loads(answer.read())["data"]) == 1


def test_a_service_of_the_team_starts_beside_it(project: Any) -> None:
    files = ("compose", "examples/team-service")
    project.run("up", "--wait", "--no-build", "--pull", "never", files=files)
    assert any("200" in line for line in project.run("logs", "pricing", files=files))


def test_no_container_of_ours_runs_as_root(project: Any) -> None:
    lines = project.run("exec", "-T", "odyssey", "id", "-u")
    assert lines == ["10001"]


async def test_kafka_tells_a_client_of_this_machine_an_address_that_it_reaches(project: Any) -> None:
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(bootstrap_servers=f"localhost:{project.ports['KAFKA']}", acks="all")
    await producer.start()
    try:
        await producer.send_and_wait("odyssey.actors", b"{}", key=b"host")
    finally:
        await producer.stop()


def test_down_with_volumes_leaves_nothing_of_the_project(project: Any) -> None:
    project.run("down", "--volumes", "--remove-orphans")
    import docker

    client = docker.DockerClient(base_url=project.compose._environ["DOCKER_HOST"], version="auto")
    try:
        mine = {"label": f"com.docker.compose.project={project.name}"}
        assert client.containers.list(all=True, filters=mine) == []
        assert client.networks.list(filters=mine) == []
        assert client.volumes.list(filters=mine) == []
    finally:
        client.close()
