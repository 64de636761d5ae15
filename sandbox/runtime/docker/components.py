"""The engine's components on the docker runtime: Kafka and each service, a container each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sandbox.errors import ComponentFailed, NotReady
from sandbox.runtime.admin_client import AdminClient
from sandbox.runtime.docker.container import Container
from sandbox.runtime.docker.kafka_answer import broker_answers
from sandbox.runtime.services_link import ServicesLink

__all__ = ["KafkaContainer", "ServiceContainer"]

KAFKA_LIMIT_S = 90.0
SERVICE_LIMIT_S = 90.0
KAFKA_STOP_LIMIT_S = 8
SERVICE_STOP_LIMIT_S = 4
ASK_EVERY_S = 0.1

BringUp = Callable[[], Awaitable[None]]
"""Returns once Compose has made and started the containers. Raises ComponentFailed."""


class _InContainer:
    """What every container can be put through; the operations are Docker's own."""

    _container: Container

    @property
    def pid(self) -> int | None:
        """None: its process belongs to the Docker engine."""
        return None

    async def kill(self) -> None:
        await self._container.kill()

    async def pause(self) -> None:
        await self._container.pause()

    async def resume(self) -> None:
        await self._container.resume()

    async def disconnect(self) -> None:
        await self._container.disconnect()

    async def connect(self) -> None:
        await self._container.connect()

    async def ended(self) -> str:
        await self._container.wait()
        return self._container.describe_end() or "ended"


class KafkaContainer(_InContainer):
    """Ready when the broker answers at the address that the sandbox's own processes use."""

    name = "kafka"

    def __init__(self, container: Container, bring_up: BringUp, *, port: int) -> None:
        self._container = container
        self._bring_up = bring_up
        self._port = port

    async def start(self) -> str | None:
        await self._bring_up()
        await self._container.start()
        try:
            async with asyncio.timeout(KAFKA_LIMIT_S):
                while not await broker_answers("127.0.0.1", self._port):
                    if end := self._container.describe_end():
                        raise ComponentFailed(end, where=self.name)
                    await asyncio.sleep(ASK_EVERY_S)
        except TimeoutError:
            raise NotReady(
                f"Kafka does not answer after {KAFKA_LIMIT_S:g} s", where=f"127.0.0.1:{self._port}"
            ) from None
        return None

    async def stop(self) -> None:
        await self._container.stop(KAFKA_STOP_LIMIT_S)

    async def check(self) -> str | None:
        return self._container.describe_health()


class ServiceContainer(_InContainer, ServicesLink):
    """One service; ready when it says so on its published admin port."""

    def __init__(self, service: str, container: Container, bring_up: BringUp, admin: AdminClient) -> None:
        super().__init__(service, (service,), admin)
        self._container = container
        self._bring_up = bring_up

    async def start(self) -> str | None:
        await self._bring_up()
        await self._container.start()
        try:
            async with asyncio.timeout(SERVICE_LIMIT_S):
                await self.until_ready(self._container.describe_end, ask_every_s=ASK_EVERY_S)
        except TimeoutError:
            raise NotReady(f"{self.name} is not ready after {SERVICE_LIMIT_S:g} s", where=self.name) from None
        return None

    async def stop(self) -> None:
        await self._container.stop(SERVICE_STOP_LIMIT_S)
        self.status = {}

    async def check(self) -> str | None:
        return self._container.describe_health() or await super().check()
