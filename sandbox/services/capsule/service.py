"""CAPSULE, put together."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.services.capsule.capsule_api import CapsuleApi
from sandbox.services.capsule.capsules import Capsules
from sandbox.services.capsule.consumed import ConsumedLog
from sandbox.services.capsule.consumer import CapsuleConsumer
from sandbox.services.capsule.history_api import HistoryApi
from sandbox.services.capsule.lineage_api import LineageApi
from sandbox.services.capsule.outbox import Outbox
from sandbox.services.capsule.seed import seed_capsules
from sandbox.services.capsule.temporal_api import TemporalApi
from sandbox.services.http.actuator import Actuator, Health
from sandbox.services.http.application import create_application
from sandbox.services.ports import ServiceContext, Subscription

__all__ = ["CapsuleService"]


class CapsuleService:
    """Consumes `rim.fast-path` and `perception.events`, keeps capsules in SQLite, publishes `capsule.snapshots`."""

    name = "capsule"

    def __init__(self, context: ServiceContext, rng: random.Random | None = None) -> None:
        self._context = context
        self._capsules = Capsules(Path(context.state_dir) / "capsule.db")
        self._consumer = CapsuleConsumer(self._capsules, context.publisher, context.clock)
        self._outbox = Outbox(self._capsules, context.publisher, context.clock)
        self._publishing: asyncio.Task[None] | None = None
        self._rng = rng

    def subscriptions(self) -> Sequence[Subscription]:
        return [self._consumer.subscription()]

    def application(self) -> web.Application:
        routes = [
            *CapsuleApi(self._capsules, self._outbox.wake, self._rng).routes(),
            *HistoryApi(self._capsules).routes(),
            *LineageApi(self._capsules).routes(),
            *TemporalApi(self._capsules).routes(),
        ]
        actuator = Actuator(
            components={"db": self._store_health},
            ready=lambda: self._capsules.store.is_open,
            info=lambda: {"capsule": self.status()},
        )
        return create_application(
            self.name,
            self._context,
            routes,
            actuator=actuator,
            events=ConsumedLog(self._capsules.store),
            rng=self._rng,
        )

    async def start(self) -> None:
        """Raises StoreFailed."""
        self._capsules.store.open()
        if not self._capsules.counts()["capsules"]:
            await self._capsules.keep(seed_capsules())
        self._publish()

    async def stop(self) -> None:
        await self._stop_publishing()
        await self._capsules.close()

    async def reset(self) -> None:
        """Back to what a fresh CAPSULE knows.

        What came from Kafka is built again, equal, when its group reads the topics from their start. What was POSTed
        is gone: no topic holds its content.
        """
        await self._stop_publishing()  # it holds snapshots that it has read and not sent yet
        try:
            await self._capsules.clear()
            await self._capsules.keep(seed_capsules())
        finally:
            self._publish()

    def _publish(self) -> None:
        self._publishing = asyncio.create_task(self._outbox.run(), name="capsule-outbox")

    async def _stop_publishing(self) -> None:
        publishing, self._publishing = self._publishing, None
        if publishing is not None:
            publishing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await publishing

    def status(self) -> Mapping[str, Any]:
        return self._capsules.counts() if self._capsules.store.is_open else {}

    def _store_health(self) -> Health:
        return Health(self._capsules.store.is_open, {"database": "SQLite"})
