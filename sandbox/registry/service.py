"""The registry as one of the services that `sandbox serve` runs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.events.facts import FactSink
from sandbox.registry.application import make_application
from sandbox.registry.auth import BasicAuth
from sandbox.registry.ports import SchemaLog
from sandbox.registry.registry import Registry

__all__ = ["RegistryService"]

START_WAIT_S = 15.0


class RegistryService:
    """Has the shape of `sandbox.services.ports.Service`. `urls` maps service names to base URLs."""

    name = "schema-registry"

    def __init__(
        self,
        log: SchemaLog,
        facts: FactSink,
        clock: Clock,
        *,
        rng: random.Random | None = None,
        auth: BasicAuth | None = None,
        urls: Mapping[str, str] | None = None,
        start_wait_s: float = START_WAIT_S,
    ) -> None:
        self.registry = Registry(log, facts, clock, rng or random.Random())
        self._start_wait_s = start_wait_s
        self.request_faults: list[Any] = []
        """What stands before the requests; may be filled and emptied while it runs."""
        self._application = (facts, clock, auth, urls)

    def subscriptions(self) -> Sequence[Any]:
        """None: the registry follows its log without a consumer group."""
        return ()

    def application(self) -> web.Application:
        facts, clock, auth, urls = self._application
        return make_application(self.registry, facts, clock, auth=auth, urls=urls, faults=self.request_faults)

    async def start(self) -> None:
        """Read the log. When Kafka stays away, return after `start_wait_s` and go on behind: until the log is read,
        requests are answered with 50003."""
        await self.registry.writer.start(self._start_wait_s)

    async def stop(self) -> None:
        await self.registry.writer.stop()

    def status(self) -> Mapping[str, Any]:
        return self.registry.status()
