"""compose/compose.yaml used alone, by Compose and nothing of ours."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sandbox.config.serve import SERVICES
from sandbox.errors import ComponentFailed
from sandbox.runtime.docker.project import SERVICES_IMAGE

pytestmark = [pytest.mark.docker, pytest.mark.timeout(400)]

NEIGHBOUR = """
services:
  client:
    image: butterfly-sandbox:0.1.0
    entrypoint: [python3, -c]
    command:
      - |
        import asyncio, urllib.request
        from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

        async def round_trip():
            producer = AIOKafkaProducer(bootstrap_servers="kafka:19092", acks="all")
            consumer = AIOKafkaConsumer("odyssey.actors", bootstrap_servers="kafka:19092", auto_offset_reset="earliest")
            async with producer, consumer:
                await producer.send_and_wait("odyssey.actors", b"hello", key=b"neighbour")
                async for record in consumer:
                    if record.key == b"neighbour":
                        return record.value.decode()

        paths = {
            "schema-registry:8081": "subjects", "capsule:8083": "actuator/health",
            "odyssey:8082": "actuator/health", "plato:8080": "actuator/health",
        }
        seen = [str(urllib.request.urlopen(f"http://{host}/{path}").status) for host, path in paths.items()]
        print("got", asyncio.run(round_trip()) + ",", *seen)
networks:
  default:
    name: ${SANDBOX_NETWORK}
    external: true
"""
STAND_IN = """
services:
  registry-confluent:
    command: [schema-registry]
    environment:
      SANDBOX_SERVE_BOOTSTRAP_SERVERS: kafka:19092
      SANDBOX_SERVE_BIND: 0.0.0.0
      SANDBOX_SERVE_PORTS: schema-registry=8081
      SANDBOX_SERVE_STATE_DIR: /tmp
"""
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


@pytest.mark.parametrize("profile", ["ours", "confluent", "karapace"])
def test_every_image_can_come_from_a_mirror(project: Any, profile: str) -> None:
    images = project.run("--profile", profile, "config", "--images", SANDBOX_IMAGE_PREFIX="mirror.example/team/")
    assert len(images) >= 6 and all(image.startswith("mirror.example/team/") for image in images)


def test_a_service_is_not_healthy_before_it_works(project: Any, eventually: Any) -> None:
    """CAPSULE without Kafka runs and answers its health check, but has not joined its groups."""
    project.run("up", "--detach", "--no-deps", "--no-build", "--pull", "never", "capsule", SANDBOX_HEALTH_INTERVAL="1s")

    def checked() -> list[dict[str, Any]]:
        return project.containers()["capsule"]["State"]["Health"]["Log"]

    eventually(lambda: len(checked()) >= 2)
    state = project.containers()["capsule"]["State"]
    assert state["Running"] and state["Health"]["Status"] == "starting"
    assert all(each["ExitCode"] != 0 for each in checked())


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


def test_no_container_of_ours_runs_as_root_or_takes_more_than_its_memory(project: Any) -> None:
    containers = project.containers()
    assert containers.keys() == {"kafka", "pricing", *SERVICES}
    for name in SERVICES:
        assert containers[name]["Config"]["User"] == "10001:10001"
        assert containers[name]["HostConfig"]["Memory"] == 256 * 1024**2
        assert containers[name]["State"]["Health"]["Status"] == "healthy"
    assert containers["kafka"]["HostConfig"]["Memory"] == 1024**3
    assert project.run("exec", "-T", "odyssey", "id", "-u") == ["10001"]
    assert project.run("exec", "-T", "kafka", "id", "-u") != ["0"]


def test_another_compose_project_joins_the_network(project: Any, tmp_path: Path) -> None:
    file = tmp_path / "neighbour.yaml"
    file.write_text(NEIGHBOUR, encoding="utf-8")
    neighbour = f"{project.name}-neighbour"
    try:
        said = project.run_files([file], neighbour, "run", "--rm", "-T", "client", SANDBOX_NETWORK=project.name)
    finally:
        project.run_files([file], neighbour, "down", SANDBOX_NETWORK=project.name)
    assert said[-1] == "got hello, 200 200 200 200"


async def test_kafka_tells_a_client_of_this_machine_an_address_that_it_reaches(project: Any) -> None:
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(bootstrap_servers=f"localhost:{project.ports['KAFKA']}", acks="all")
    await producer.start()
    try:
        await producer.send_and_wait("odyssey.actors", b"{}", key=b"host")
    finally:
        await producer.stop()


def test_another_registry_takes_the_place_of_ours(project: Any, tmp_path: Path) -> None:
    """Our own program under the other one's image name: what is tried is the profile, its name, port and health."""
    project.run("down", "--volumes", "--remove-orphans")
    stand_in = tmp_path / "stand-in.yaml"
    stand_in.write_text(STAND_IN, encoding="utf-8")
    up = ("up", "--wait", "--no-build", "--pull", "never", "kafka", "registry-confluent", "capsule")
    project.run(*up, beside=stand_in, COMPOSE_PROFILES="confluent", SANDBOX_CONFLUENT_IMAGE=SERVICES_IMAGE)
    assert project.containers().keys() == {"kafka", "registry-confluent", "capsule"}
    url = f"http://localhost:{project.ports['REGISTRY']}/subjects"
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert "capsule.snapshots-value" in json.loads(answer.read())


def test_down_with_volumes_leaves_nothing_of_the_project(project: Any) -> None:
    project.run("down", "--volumes", "--remove-orphans", COMPOSE_PROFILES="confluent")
    with project.docker() as client:
        assert client.containers.list(all=True, filters=project.mine) == []
        assert client.networks.list(filters=project.mine) == []
        assert client.volumes.list(filters=project.mine) == []
