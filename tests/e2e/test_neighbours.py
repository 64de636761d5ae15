"""A client in another network namespace: `--bind` and `--advertise` reach Kafka, the registry and the services.

Needs root and iproute2, so it has a marker of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.netns, pytest.mark.timeout(300)]

HOST, NEIGHBOUR = "198.18.77.1", "198.18.77.2"  # addresses kept for tests (RFC 2544)

CLIENT = """
import asyncio, json, sys, urllib.request
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

async def kafka(bootstrap):
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        sent = await producer.send_and_wait("plato.governance", b"from the neighbour", key=b"neighbour")
    finally:
        await producer.stop()
    consumer = AIOKafkaConsumer("plato.governance", bootstrap_servers=bootstrap, auto_offset_reset="earliest",
                                group_id="neighbour")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            while (await consumer.getone()).value != b"from the neighbour":
                pass
    finally:
        await consumer.stop()
    return sent.offset

def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())

ends = json.loads(sys.argv[1])
print(json.dumps({
    "offset": asyncio.run(kafka(ends["kafka"])),
    "subjects": get(ends["schema_registry"] + "/subjects"),
    "health": [get(ends[name] + "/actuator/health")["status"] for name in ("capsule", "odyssey", "plato")],
}))
"""


@pytest.fixture
def neighbour() -> Iterator[str]:
    """A network namespace with a cable to this one; its name."""
    name = f"sandbox-{os.getpid()}"
    cable = f"sb{os.getpid() % 100000}"
    for command in (
        f"ip netns add {name}",
        f"ip link add {cable}a type veth peer name {cable}b netns {name}",
        f"ip addr add {HOST}/30 dev {cable}a",
        f"ip link set {cable}a up",
        f"ip -n {name} addr add {NEIGHBOUR}/30 dev {cable}b",
        f"ip -n {name} link set {cable}b up",
        f"ip -n {name} link set lo up",
    ):
        subprocess.run(command.split(), check=True, timeout=10)
    yield name
    subprocess.run(["ip", "netns", "del", name], check=True, timeout=10)


def test_a_client_in_another_network_reaches_everything(cli: Any, neighbour: str) -> None:
    status = cli.ok("up", "--ports", "auto", "--bind", HOST, "--advertise", HOST, "--json").json
    ends = status["endpoints"]
    assert all(HOST in ends[name] for name in ("kafka", "schema_registry", "capsule", "odyssey", "plato"))
    command = ["ip", "netns", "exec", neighbour, sys.executable, "-c", CLIENT, json.dumps(ends)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["offset"] >= 0 and found["health"] == ["UP"] * 3
    assert "rim.fast-path-value" in found["subjects"]


def test_loopback_alone_is_not_reached_from_another_network(cli: Any, neighbour: str) -> None:
    ends = cli.ok("up", "--ports", "auto", "--only", "schema-registry", "--json").json["endpoints"]
    port = ends["schema_registry"].rsplit(":", 1)[1]
    code = f"import urllib.request; urllib.request.urlopen('http://{HOST}:{port}/subjects', timeout=3)"
    command = ["ip", "netns", "exec", neighbour, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0 and "refused" in done.stderr
