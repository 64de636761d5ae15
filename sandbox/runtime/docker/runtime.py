"""The docker runtime: Compose brings the containers up, the Docker API watches and disturbs them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.errors import ComponentFailed, UpstreamUnavailable
from sandbox.runtime.docker.compose import Compose, failure
from sandbox.runtime.docker.labels import NAME_LABEL, STATE_LABEL
from sandbox.runtime.docker.project import ENGINE_NAME, Project
from sandbox.runtime.plan import EnginePlan, admin_port_name

if TYPE_CHECKING:
    from sandbox.runtime.docker.components import KafkaContainer, ServiceContainer
    from sandbox.runtime.docker.container import Container
    from sandbox.runtime.readiness import Proof

__all__ = ["DockerRuntime"]

UP_LIMIT_S = 90.0
COMPOSE_END_LIMIT_S = 5.0


class DockerRuntime:
    """One Compose project. `start` needs no library; the Docker API is connected to in `components`."""

    capabilities = frozenset({"broker", "process"})

    def __init__(self, plan: EnginePlan, token: str) -> None:
        self._plan = plan
        self._token = token
        self._project = Project(plan, token)
        self._compose = Compose(plan.compose_command, "", plan.docker_environment())
        self._log_file = Path(plan.state_dir) / "logs" / "compose.log"
        self._up: subprocess.Popen[bytes] | None = None
        self._brought_up: asyncio.Task[None] | None = None
        self._client: Any = None
        self._watcher: Any = None
        self._containers: dict[str, Container] = {}
        self._gaps: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Let Compose begin while the engine imports what it needs itself."""
        with self._log_file.open("wb") as log:
            self._up = self._compose.start(
                self._project.up_arguments(), environ=self._project.environment(), log=log.fileno()
            )

    def end(self) -> None:
        """Compose stops where it is; `clear_leftovers` finds by label the containers that it has made."""
        if self._up is not None and self._up.poll() is None:
            os.killpg(self._up.pid, signal.SIGKILL)
            self._up.wait(COMPOSE_END_LIMIT_S)

    def components(self) -> tuple[KafkaContainer, Sequence[ServiceContainer]]:
        from sandbox.runtime.admin_client import AdminClient
        from sandbox.runtime.docker.client import connect
        from sandbox.runtime.docker.components import KafkaContainer, ServiceContainer

        plan = self._plan
        self._client = connect(plan.docker_host or "")
        self._containers = {service: self._container(service) for service in self._project.services}
        local_port = int(plan.local_bootstrap_servers.rpartition(":")[2])
        kafka = KafkaContainer(self._containers["kafka"], self._bring_up, port=local_port)
        services = [
            ServiceContainer(
                name,
                self._containers[name],
                self._bring_up,
                AdminClient(f"http://127.0.0.1:{plan.ports[admin_port_name(name)]}", self._token),
            )
            for name in plan.processes
        ]
        return kafka, services

    def _container(self, service: str) -> Container:
        from sandbox.runtime.docker.container import Container

        plan = self._plan
        return Container(
            self._client,
            service,
            name=plan.name,
            state_dir=plan.state_dir,
            network=self._project.name,
            log_file=Path(plan.state_dir) / "logs" / f"{service}.log",
        )

    async def _bring_up(self) -> None:
        """Once for all components: the containers are there, and their events are listened to."""
        if self._brought_up is None:
            self._brought_up = asyncio.create_task(self._until_up(), name="compose up")
        await asyncio.shield(self._brought_up)

    async def _until_up(self) -> None:
        from sandbox.runtime.docker.watcher import Watcher

        labels = [f"{NAME_LABEL}={self._plan.name}", f"{STATE_LABEL}={self._plan.state_dir}"]
        self._watcher = Watcher(self._client, labels, on_event=self._on_event, on_gap=self._on_gap)
        await self._watcher.start()
        up = self._up
        if up is None:
            return
        try:
            code = await asyncio.to_thread(up.wait, UP_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise ComponentFailed(
                f"`docker compose up` has not ended after {UP_LIMIT_S:g} s", where=str(self._log_file)
            ) from None
        if code != 0:
            raise failure(self._project.up_arguments(), code, self._last_lines())

    def _last_lines(self) -> list[str]:
        text = self._log_file.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if line.strip()][-10:]

    def _on_event(self, service: str, event: Mapping[str, Any]) -> None:
        if service in self._containers:
            self._containers[service].on_event(event)

    def _on_gap(self) -> None:
        for container in self._containers.values():
            task = asyncio.ensure_future(container.refresh())
            self._gaps.add(task)
            task.add_done_callback(self._gaps.discard)

    async def prove(self) -> list[Proof]:
        """The containers' way to this engine, which facts take: tried from inside one of them."""
        from sandbox.runtime.readiness import Proof

        service = next(iter(self._plan.processes), None)
        if service is None or not self._plan.engine_reachable:
            return []
        started = time.perf_counter()
        port = self._plan.ports["control"]
        command = ["timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{ENGINE_NAME}/{port}"]
        code, said = await self._containers[service].run(command)
        if code != 0:
            raise UpstreamUnavailable(
                f"containers cannot reach the engine at {ENGINE_NAME}:{port}, so their facts do not arrive: {said}",
                where="docker",
                hint="let the firewall pass connections from Docker's networks to this machine",
            )
        return [Proof("containers reach the engine", round((time.perf_counter() - started) * 1000, 1))]

    async def close(self, *, purge: bool) -> None:
        """Remove containers and network, and with `purge` the volumes."""
        from sandbox.runtime.docker.leftovers import remove

        if self._up is not None and self._up.poll() is None:
            self._up.terminate()
            try:
                await asyncio.to_thread(self._up.wait, COMPOSE_END_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._up.kill()
        if self._brought_up is not None:
            await asyncio.gather(self._brought_up, return_exceptions=True)
        if self._watcher is not None:
            self._watcher.stop()
        if self._client is not None:
            await asyncio.to_thread(remove, self._client, self._plan.name, self._plan.state_dir, volumes=purge)
            self._client.close()
