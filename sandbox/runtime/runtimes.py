"""The runtimes: where Kafka and the services run. Standard library only, since the engine's children start first."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.runtime.plan import EnginePlan

if TYPE_CHECKING:
    from sandbox.runtime.component import Component
    from sandbox.runtime.readiness import Proof

__all__ = ["RUNTIMES", "Runtime", "ServicesComponent", "runtime_of"]

RUNTIMES = {
    "embedded": "sandbox.runtime.embedded.runtime:EmbeddedRuntime",
    "docker": "sandbox.runtime.docker.runtime:DockerRuntime",
}
"""Imported when chosen: the embedded runtime never loads what Docker needs."""


class ServicesComponent(Protocol):
    """A component that is a process of services: what `Component` has, its admin API, and what it said last."""

    name: str
    services: tuple[str, ...]
    admin: Any
    status: dict[str, Any]


class Runtime(Protocol):
    """Starts what the engine supervises. Built as `Runtime(plan, token)`."""

    capabilities: frozenset[str]
    """What it can disturb beyond the services themselves: `broker`, `process`."""

    def start(self) -> None:
        """Begin with what takes long, before anything heavy is imported. Raises SandboxError."""

    def end(self) -> None:
        """End at once what `start` began, and wait until it has ended: the engine leaves before it ran. Idempotent."""

    def components(self) -> tuple[Component, Sequence[Any]]:
        """Kafka, and the processes of services (`ServicesComponent`s). Called once, inside the event loop."""

    async def prove(self) -> list[Proof]:
        """Use the links that only this runtime has. Raises SandboxError naming the one that does not hold."""

    async def close(self, *, purge: bool) -> None:
        """After every component has stopped: leave nothing behind, the data neither with `purge`."""


def runtime_of(plan: EnginePlan, token: str) -> Runtime:
    module, _, name = RUNTIMES[plan.runtime].partition(":")
    return getattr(import_module(module), name)(plan, token)
