"""The engine's components on the embedded runtime: Kafka as a JVM, and processes of services."""

from __future__ import annotations

import asyncio

from sandbox.errors import NotReady, UsageError
from sandbox.runtime.admin_client import AdminClient
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.embedded.child import Child
from sandbox.runtime.plan import EnginePlan, admin_port_name
from sandbox.runtime.services_link import ServicesLink
from sandbox.runtime.spawn import spawn_services

__all__ = ["KafkaComponent", "ServicesComponent"]

KAFKA_LIMIT_S = 60.0
SERVICES_LIMIT_S = 60.0
STOP_LIMIT_S = 5.0


def no_network(name: str) -> UsageError:
    return UsageError(
        f"{name} shares no network of its own on the embedded runtime",
        where=name,
        hint="pause it instead, or use `sandbox up --runtime docker`",
    )


class KafkaComponent:
    """The embedded broker. `broker` may have been started already, before this module was imported."""

    name = "kafka"

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._broker = broker

    @property
    def pid(self) -> int | None:
        return self._broker.pid

    async def start(self) -> str | None:
        await asyncio.to_thread(self._broker.start)
        await self._broker.wait_listening(KAFKA_LIMIT_S)
        return self._broker.remark

    async def stop(self) -> None:
        await self._broker.stop(STOP_LIMIT_S)

    async def kill(self) -> None:
        self._broker.kill()

    async def pause(self) -> None:
        self._broker.pause()

    async def resume(self) -> None:
        self._broker.resume()

    async def disconnect(self) -> None:
        raise no_network(self.name)

    async def connect(self) -> None:
        raise no_network(self.name)

    async def ended(self) -> str:
        await self._broker.wait_exit()
        return self._broker.describe_end()

    async def check(self) -> str | None:
        return None


class ServicesComponent(ServicesLink):
    """One `sandbox serve` process; ready when each of its services says so. `child` may run already."""

    def __init__(self, name: str, plan: EnginePlan, token: str, child: Child | None = None) -> None:
        admin = AdminClient(f"http://127.0.0.1:{plan.ports[admin_port_name(name)]}", token)
        super().__init__(name, plan.processes[name], admin)
        self._plan = plan
        self._token = token
        self._child = child

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def start(self) -> str | None:
        if self.pid is None:
            self._child = spawn_services(self._plan, self.name, self._token)
        try:
            async with asyncio.timeout(SERVICES_LIMIT_S):
                await self.until_ready(lambda: self._describe_end() if self.pid is None else None)
        except TimeoutError:
            waiting = [name for name, each in self.status.get("services", {}).items() if each["state"] != "ready"]
            raise NotReady(
                f"not ready within {SERVICES_LIMIT_S:.0f} s: {', '.join(waiting) or 'it does not answer'}",
                where=self.name,
            ) from None
        return None

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(STOP_LIMIT_S)
        self.status = {}

    async def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    async def pause(self) -> None:
        if self._child is not None:
            self._child.pause()

    async def resume(self) -> None:
        if self._child is not None:
            self._child.resume()

    async def disconnect(self) -> None:
        raise no_network(self.name)

    async def connect(self) -> None:
        raise no_network(self.name)

    async def ended(self) -> str:
        if self._child is not None:
            await self._child.wait()
        return self._describe_end()

    def _describe_end(self) -> str:
        code = self._child.exit_code if self._child else None
        if code is None:
            return "is not running"
        how = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"{how}; see `sandbox logs {self.name}`"
