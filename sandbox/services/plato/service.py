"""PLATO as the composition root knows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.services.database import Database
from sandbox.services.http import Actuator, ConsumedEvent, Health, RecentEvents, create_application
from sandbox.services.http.exchange import DEFAULT_TENANT
from sandbox.services.plato.execution import Executor
from sandbox.services.plato.governance import Governance
from sandbox.services.plato.outbox import Outbox
from sandbox.services.plato.plan_routes import PlanRoutes
from sandbox.services.plato.plan_run import Bench
from sandbox.services.plato.plans import Plans
from sandbox.services.plato.policy_routes import PolicyRoutes
from sandbox.services.plato.runs import RunLog
from sandbox.services.plato.seed import plant
from sandbox.services.plato.spec_routes import SpecRoutes
from sandbox.services.plato.store import Store
from sandbox.services.plato.stream import PlanStreams
from sandbox.services.plato.tables import SCHEMA
from sandbox.services.ports import Delivery, ServiceContext, Subscription
from sandbox.services.rooms import Rooms

__all__ = ["PlatoService"]

DRAIN_S = 0.3
_log = logging.getLogger(__name__)


class PlatoService:
    """Plans by REST, their runs by WebSocket, their changes on `plato.plans`; `odyssey.paths` only links."""

    name = "plato"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._database = Database(None if context.state_dir is None else Path(context.state_dir) / "plato.db", SCHEMA)
        self._store = Store(self._database)
        self._log = RunLog(self._database)
        self._outbox = Outbox(self._database, context.publisher, context.clock)
        bench = Bench(self._store, self._log, self._outbox, context.clock, context.facts)
        self.step_faults = bench.step_faults
        """Faults that make steps fail; may be filled and emptied while PLATO runs."""
        self._executor = Executor(bench)
        self._streams = PlanStreams(self._log, context.clock, context.facts)
        self.stream_faults = self._streams.interceptions
        """Faults of the messages of its plan streams, like `step_faults`."""
        self._rooms = Rooms(lambda tenant: plant(self._store, tenant, context.clock.now_ms()))
        self._events = RecentEvents()
        governance = Governance(self._store, self._outbox, context.clock.now_ms)
        self._plans = Plans(bench, self._executor, governance)
        self._routes = [
            *PlanRoutes(bench, self._plans, self._streams, self._rooms).routes(),
            *SpecRoutes(bench, self._rooms).routes(),
            *PolicyRoutes(bench, governance, self._rooms).routes(),
        ]
        self._publishing: asyncio.Task[None] | None = None

    def subscriptions(self) -> Sequence[Subscription]:
        return [Subscription("plato", ("odyssey.paths",), self._link_path)]

    def application(self) -> web.Application:
        started = lambda: self._publishing is not None  # noqa: E731
        actuator = Actuator({"db": lambda: Health(started())}, ready=started, info=self.status)
        app = create_application(self.name, self._context, self._routes, actuator=actuator, events=self._events)
        app.on_shutdown.append(self._close_streams)
        return app

    async def start(self) -> None:
        self._database.open()
        self._rooms.enter(DEFAULT_TENANT)
        if interrupted := self._executor.recover():
            _log.warning("%d runs were interrupted by the last stop and have failed", interrupted)
        self._publish()

    async def stop(self) -> None:
        """Runs end where they stand; what is not published within DRAIN_S is published after the next start."""
        await self._streams.close()
        await self._executor.stop()
        if self._publishing is not None:
            await self._outbox.drained(DRAIN_S)
            await self._stop_publishing()
        self._rooms.leave_all()
        self._database.close()

    async def reset(self) -> None:
        """Back to the seeded state."""
        await self._executor.stop()
        await self._stop_publishing()  # it holds records that it has read and not sent yet
        self._database.clear()
        self._publish()
        self._events.clear()
        self._rooms.leave_all()
        self._rooms.enter(DEFAULT_TENANT)

    def _publish(self) -> None:
        self._publishing = asyncio.create_task(self._outbox.run(), name="plato outbox")

    async def _stop_publishing(self) -> None:
        publishing, self._publishing = self._publishing, None
        if publishing is not None:
            publishing.cancel()
            await asyncio.wait([publishing])

    def status(self) -> Mapping[str, Any]:
        if self._publishing is None:
            return {}
        return {
            "plans_running": self._executor.running,
            "runs": self._log.count(),
            "streams": self._streams.open,
            "outbox": self._outbox.pending(),
        }

    async def _link_path(self, delivery: Delivery) -> str | None:
        position, value = delivery.record.position, delivery.value or {}
        position = f"{position}:{delivery.record.timestamp_ms}"
        outcome = "duplicate" if self._store.knows_record(position) else None
        if outcome is None:
            tenant = self._rooms.enter(delivery.trace.tenant or DEFAULT_TENANT)
            path_id, plan_id = value.get("path_id"), value.get("plan_id")
            with self._database.transaction():
                self._store.save_record(position)
                if path_id and plan_id:
                    self._plans.link_path(tenant, plan_id, path_id)
                else:
                    outcome = "skipped"
        now_ms = self._context.clock.now_ms()
        self._events.add(ConsumedEvent.of(delivery, now_ms, outcome or "processed"))
        return outcome

    async def _close_streams(self, _: web.Application) -> None:
        await self._streams.close()
