"""ODYSSEY as the composition root knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.resilience import CircuitBreaker
from sandbox.services.database import Database
from sandbox.services.http import Actuator, ConsumedEvent, Health, RecentEvents, create_application
from sandbox.services.http.exchange import DEFAULT_TENANT
from sandbox.services.odyssey.breakers import Breakers
from sandbox.services.odyssey.downstream import CallInterception, Downstream
from sandbox.services.odyssey.entity_routes import EntityRoutes
from sandbox.services.odyssey.handled import HandledRecords
from sandbox.services.odyssey.history import CapsuleHistory
from sandbox.services.odyssey.path_routes import PathRoutes
from sandbox.services.odyssey.planner import Planner
from sandbox.services.odyssey.reflex import Reflex
from sandbox.services.odyssey.seed import plant
from sandbox.services.odyssey.tables import SCHEMA
from sandbox.services.odyssey.world import World
from sandbox.services.ports import Delivery, ServiceContext, Subscription
from sandbox.services.rooms import Rooms
from sandbox.services.store import StoreFailed

__all__ = ["OdysseyService"]

FAST_PATH, SIGNALS, SNAPSHOTS = "rim.fast-path", "perception.signals", "capsule.snapshots"


class OdysseyService:
    """Group `odyssey-reflex`: events move the world, alerts ask for plans. REST shows the world."""

    name = "odyssey"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        clock, facts = context.clock, context.facts
        path = None if context.state_dir is None else Path(context.state_dir) / "odyssey.db"
        self._database = Database(path, SCHEMA)
        self._world = World(self._database)
        self._handled = HandledRecords(self._database)
        self._rooms = Rooms(lambda tenant: plant(self._world, tenant, clock.now_ms()))
        self._events = RecentEvents()
        self._breakers = Breakers(context)
        self.call_faults: list[CallInterception] = []
        """Faults of its calls to other services; may be filled and emptied while ODYSSEY runs."""
        self._downstreams = {
            name: Downstream(name, context.urls.get(name), context.http.service_key, clock, facts, self.call_faults)
            for name in ("capsule", "plato")
        }
        history = CapsuleHistory(self._downstreams["capsule"], self._breakers.guard("capsule"), clock, facts)
        planner = Planner(self._downstreams["plato"], self._breakers.guard("plato"))
        self._reflex = Reflex(self._world, self._handled, history, planner, context.publisher, clock)
        self._routes = [
            *EntityRoutes(self._world, history, self._rooms, clock).routes(),
            *PathRoutes(self._world, context.publisher, self._rooms, clock).routes(),
        ]
        self._running: asyncio.Task[None] | None = None

    @property
    def breakers(self) -> Mapping[str, CircuitBreaker]:
        """By name: `capsule` and `plato`."""
        return self._breakers.by_name()

    def subscriptions(self) -> Sequence[Subscription]:
        return [Subscription("odyssey-reflex", (FAST_PATH, SIGNALS, SNAPSHOTS), self._handle)]

    def application(self) -> web.Application:
        actuator = Actuator(
            {"db": lambda: Health(self._is_running, {"database": "SQLite"})},
            breakers=lambda: self.breakers,
            metrics=self._breakers.prometheus,
            ready=lambda: self._is_running,
            info=lambda: {"odyssey": self.status()},
        )
        return create_application(self.name, self._context, self._routes, actuator=actuator, events=self._events)

    async def start(self) -> None:
        """Raises StoreFailed."""
        self._database.open()
        self._rooms.enter(DEFAULT_TENANT)
        for downstream in self._downstreams.values():
            await downstream.open()
        self._running = asyncio.create_task(self._breakers.run(), name="odyssey breakers")

    async def stop(self) -> None:
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.wait([self._running])
        self._running = None
        for downstream in self._downstreams.values():
            await downstream.close()
        self._rooms.leave_all()
        self._database.close()

    async def reset(self) -> None:
        """Back to the seeded world, with closed breakers."""
        self._database.clear()
        self._events.clear()
        self._breakers.reset()
        self._rooms.leave_all()
        self._rooms.enter(DEFAULT_TENANT)

    def status(self) -> Mapping[str, Any]:
        if not self._is_running:
            return {}
        return {"entities": self._world.aggregates(DEFAULT_TENANT)["entityCount"], "handled": self._handled.count()}

    @property
    def _is_running(self) -> bool:
        return self._running is not None

    async def _handle(self, delivery: Delivery) -> str | None:
        """Raises RecordFailure: VALIDATION, DOWNSTREAM_FAILURE or PERSISTENCE."""
        outcome: str | None = "failed"
        try:
            tenant = self._rooms.enter(delivery.trace.tenant or DEFAULT_TENANT)
            if delivery.record.topic == FAST_PATH:
                outcome = await self._reflex.evaluate(tenant, delivery)
            elif delivery.record.topic == SIGNALS:
                outcome = self._reflex.hear_signal(tenant, delivery)
            else:
                outcome = self._reflex.note_snapshot(tenant, delivery)
            return outcome
        except StoreFailed as error:
            raise RecordFailure(FailureCategory.PERSISTENCE, error.render()) from error
        finally:
            now_ms = self._context.clock.now_ms()
            self._events.add(ConsumedEvent.of(delivery, now_ms, outcome or "processed"))
