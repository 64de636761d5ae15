"""The health checks of compose/compose.yaml, run as Docker runs them, against servers that answer this or that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import yaml

from sandbox.config.folders import share_dir

READY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
NOT_READY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"
PORTS = {
    "kafka": 19092,
    "capsule": 8098,
    "schema-registry": 8098,
    "registry-confluent": 8081,
    "registry-karapace": 8081,
}


def metadata(brokers: int) -> bytes:
    """Length, correlation id, number of brokers, and nothing more of a Metadata answer."""
    return (8).to_bytes(4, "big") + (7).to_bytes(4, "big") + brokers.to_bytes(4, "big")


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def check() -> Callable[[str, int], Awaitable[int]]:
    """The exit code of a service's health check when its port is another one."""
    services = yaml.safe_load((share_dir("compose") / "compose.yaml").read_text(encoding="utf-8"))["services"]

    async def run(service: str, port: int) -> int:
        kind, *command = services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        command = [part.replace("$$", "$").replace(f"/{PORTS[service]} ", f"/{port} ") for part in command]
        assert str(port) in command[-1]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdin=quiet, stdout=quiet, stderr=quiet)
        async with asyncio.timeout(10):
            return await process.wait()

    return run


@pytest.mark.parametrize(
    ("answer", "healthy"), [(metadata(1), True), (metadata(0), False), (metadata(257), False), (b"", False)]
)
async def test_kafka_is_healthy_once_it_knows_of_one_live_broker(
    check: Callable[..., Awaitable[int]], answer: bytes, healthy: bool
) -> None:
    async with answering(answer) as port:
        assert (await check("kafka", port) == 0) is healthy


@pytest.mark.parametrize("service", ["capsule", "schema-registry", "registry-confluent", "registry-karapace"])
@pytest.mark.parametrize(("answer", "healthy"), [(READY, True), (NOT_READY, False), (b"", False)])
async def test_a_service_is_healthy_once_it_says_so(
    check: Callable[..., Awaitable[int]], service: str, answer: bytes, healthy: bool
) -> None:
    async with answering(answer) as port:
        assert (await check(service, port) == 0) is healthy


@pytest.mark.parametrize("service", PORTS)
async def test_nobody_there_is_not_healthy(
    check: Callable[..., Awaitable[int]], service: str, unused_tcp_port_factory: Callable[[], int]
) -> None:
    assert await check(service, unused_tcp_port_factory()) != 0
