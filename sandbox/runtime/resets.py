"""Puts services back to what they know at their first start, wherever their processes run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import UnknownName
from sandbox.events.facts import FactSink, ServiceReset
from sandbox.runtime.services_link import ServicesLink

__all__ = ["Resets"]

WITHOUT_STORE = ("schema-registry",)
"""Its schemas are in Kafka, and every topic depends on them."""


class Resets:
    """`processes` gives the service processes that run now."""

    def __init__(self, processes: Callable[[], Sequence[ServicesLink]], facts: FactSink, clock: Clock) -> None:
        self._processes = processes
        self._facts = facts
        self._clock = clock

    async def reset(self, services: Sequence[str] = ()) -> dict[str, Any]:
        """Empty the stores and close the breakers of these services (default: all); `{"services": [name…]}`.

        A service consumes nothing meanwhile. Topics and offsets stay: what it reads next is what it would have read.
        Raises UnknownName for a service that does not run here.
        """
        running = {
            name: process for process in self._processes() for name in process.services if name not in WITHOUT_STORE
        }
        for name in services:
            if name not in running:
                raise UnknownName(
                    f"there is no service {name!r} to reset", where="services", hint=f"choose from {', '.join(running)}"
                )
        wanted = list(dict.fromkeys(services)) or list(running)
        for process in dict.fromkeys(running[name] for name in wanted):
            await process.admin.reset([name for name in wanted if running[name] is process])
        for name in wanted:
            self._facts.record(ServiceReset(at_ms=self._clock.now_ms(), source="engine", service=name))
        return {"services": wanted}
