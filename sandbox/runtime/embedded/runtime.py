"""The runtime that needs nothing but Python: Kafka as a child JVM, the services as child processes."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sandbox.runtime.embedded.child import Child
from sandbox.runtime.plan import EnginePlan, admin_port_name
from sandbox.runtime.spawn import broker_of, spawn_services

if TYPE_CHECKING:
    from sandbox.runtime.components import KafkaComponent
    from sandbox.runtime.readiness import Proof

__all__ = ["EmbeddedRuntime"]

END_LIMIT_S = 3.0
LOAD_LIMIT_S = 2.0
LOOK_S = 0.01


class EmbeddedRuntime:
    capabilities = frozenset({"broker", "process"})

    def __init__(self, plan: EnginePlan, token: str) -> None:
        self._plan = plan
        self._token = token
        self._broker = broker_of(plan)
        self._children: dict[str, Child] = {}

    def start(self) -> None:
        """The JVM first, since it takes longest; then the processes of services, and time for them to load.

        On two cores the engine would load on the JVM's time if it did so beside them.
        """
        self._broker.start()
        for name in self._plan.processes:
            self._children[name] = spawn_services(self._plan, name, self._token)
        deadline_s = time.monotonic() + LOAD_LIMIT_S
        while not all(map(self._has_loaded, self._children)) and time.monotonic() < deadline_s:
            time.sleep(LOOK_S)

    def _has_loaded(self, process: str) -> bool:
        """Whether its admin API listens, or never will."""
        if self._children[process].pid is None:
            return True
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._plan.ports[admin_port_name(process)])) == 0

    def end(self) -> None:
        parts = (self._broker, *self._children.values())
        for part in parts:
            part.kill()
        deadline_s = time.monotonic() + END_LIMIT_S
        while any(part.pid is not None for part in parts) and time.monotonic() < deadline_s:
            time.sleep(0.01)

    def components(self) -> tuple[KafkaComponent, Sequence[Any]]:
        from sandbox.runtime.components import KafkaComponent, ServicesComponent

        services = [
            ServicesComponent(name, self._plan, self._token, self._children.get(name)) for name in self._plan.processes
        ]
        return KafkaComponent(self._broker), services

    async def prove(self) -> list[Proof]:
        """Every link here is one that the services use, and is proven by them."""
        return []

    async def close(self, *, purge: bool) -> None:
        """Nothing is left once the children have ended; the state folder goes with the engine."""
