"""The reflex: each event moves the world; an alert leads to history, a plan and a record of `odyssey.paths`.

A record that comes again is a duplicate. One that failed half-way goes on where it stopped: the world is not moved
twice, the plan's id comes from the event, and a plan that has run is not run again.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.delivery import Delivery
from sandbox.contracts.instants import format_instant
from sandbox.errors import SandboxError, UpstreamUnavailable, UsageError
from sandbox.services.odyssey.actor import Episode
from sandbox.services.odyssey.downstream import DownstreamRejected
from sandbox.services.odyssey.entity import Entity
from sandbox.services.odyssey.handled import DONE, PLANNED, SEEN, Handled, HandledRecords, identity_of
from sandbox.services.odyssey.history import CapsuleHistory, History
from sandbox.services.odyssey.path import NarrativePath
from sandbox.services.odyssey.planner import Planner
from sandbox.services.odyssey.reading import Reading, node_id_of
from sandbox.services.odyssey.seed import REFLEX_STRATEGY
from sandbox.services.odyssey.world import World
from sandbox.services.ports import Publisher

__all__ = ["Reflex"]

HISTORY_MS = 24 * 3_600_000
"""How far back the reflex looks."""
_log = logging.getLogger(__name__)


class Reflex:
    def __init__(
        self,
        world: World,
        handled: HandledRecords,
        history: CapsuleHistory,
        planner: Planner,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._world = world
        self._handled = handled
        self._history = history
        self._planner = planner
        self._publisher = publisher
        self._clock = clock

    async def evaluate(self, tenant: str, delivery: Delivery) -> str | None:
        """Handle a record of `rim.fast-path`. Raises RecordFailure: VALIDATION (also for a path that a swapped contract
        does not take), or DOWNSTREAM_FAILURE without PLATO."""
        reading = Reading.of(delivery.value or {})
        handled = self._handled.find(tenant, delivery)
        if handled is not None and handled.stage == DONE:
            return "duplicate"
        if handled is None:
            with self._world.database.transaction():
                entity = self._world.entity_or_new(tenant, reading.node_id)
                self._world.save_entity(entity.after_reading(reading))
                stage, plan_id = (SEEN, _plan_id(tenant, delivery)) if reading.is_alert else (DONE, None)
                handled = self._handled.add(tenant, delivery, stage, plan_id)
        if reading.is_alert:
            await self._react(tenant, delivery, reading, handled)
        return None

    def hear_signal(self, tenant: str, delivery: Delivery) -> str | None:
        """Handle a record of `perception.signals`. Raises RecordFailure VALIDATION."""
        value = delivery.value or {}
        node_id = node_id_of(value, "rim_node_id")
        return self._move(tenant, delivery, node_id, lambda it: it.after_signal(value, delivery.record.timestamp_ms))

    def note_snapshot(self, tenant: str, delivery: Delivery) -> str | None:
        """Handle a record of `capsule.snapshots`. Raises RecordFailure VALIDATION."""
        value = delivery.value or {}
        scope_id = node_id_of(value, "scope_id")
        return self._move(tenant, delivery, scope_id, lambda it: it.after_snapshot(value.get("capsule_id")))

    def _move(self, tenant: str, delivery: Delivery, node_id: str, change: Any) -> str | None:
        if self._handled.find(tenant, delivery) is not None:
            return "duplicate"
        with self._world.database.transaction():
            self._world.save_entity(change(self._world.entity_or_new(tenant, node_id)))
            self._handled.add(tenant, delivery, DONE)
        return None

    async def _react(self, tenant: str, delivery: Delivery, reading: Reading, handled: Handled) -> None:
        trace = delivery.trace
        from_ms = reading.at_ms - HISTORY_MS
        history = await self._history.read(reading.node_id, from_ms, reading.at_ms, trace)
        entity = self._world.entity_or_new(tenant, reading.node_id)
        path = self._moved_path(tenant, entity, reading, history)
        plan_id, is_new = handled.plan_id or _plan_id(tenant, delivery), False
        try:
            if handled.stage == SEEN:
                plan_id, is_new = await self._planner.plan(_plan_request(plan_id, reading, history), trace)
                self._handled.advance(handled, PLANNED, plan_id)
            runs = await self._planner.execute(plan_id, trace, is_new=is_new)
        except (UpstreamUnavailable, DownstreamRejected) as error:
            raise _without_plan(error) from error
        path = path.with_plan(plan_id)
        update = path.to_update(capsule_ids=history.capsule_ids, plan_id=plan_id)
        try:
            await self._publisher.publish("odyssey.paths", update, key=reading.node_id, trace=trace)
        except UsageError as error:
            raise RecordFailure(FailureCategory.VALIDATION, f"odyssey.paths: {error.message}") from error
        with self._world.database.transaction():
            self._world.save_entity(self._world.entity_or_new(tenant, reading.node_id).with_path(path.path_id))
            self._world.save_path(path)
            self._world.save_episode(_episode(entity, reading, history, plan_id, runs=runs))
            self._handled.advance(handled, DONE, plan_id)
        _log.info("stress on %s: plan %s %s", reading.node_id, plan_id, "runs" if runs else "waits or was refused")

    def _moved_path(self, tenant: str, entity: Entity, reading: Reading, history: History) -> NarrativePath:
        path_id = NarrativePath.id_of(tenant, entity.entity_id, "SHORT_TERM")
        path = self._world.path(tenant, path_id) or NarrativePath.open(entity)
        strategy = self._world.strategy(tenant, REFLEX_STRATEGY)
        weight = 1.0 if strategy is None else strategy.weight
        return path.after_reflex(entity, reading, len(history.capsules), weight=weight, degraded=history.degraded)


def _plan_id(tenant: str, delivery: Delivery) -> str:
    """From the event, so that asking twice makes one plan."""
    identity, anywhere = identity_of(delivery)
    place = "" if anywhere else delivery.record.position
    return "plan_" + hashlib.sha256(f"{tenant}|{identity}|{place}".encode()).hexdigest()[:20]


def _plan_request(plan_id: str, reading: Reading, history: History) -> dict[str, Any]:
    """The body of POST /api/v1/plans."""
    return {
        "planId": plan_id,
        "name": f"Respond to stress on {reading.node_id.rsplit(':', 1)[-1]}",
        "description": f"Asked for by ODYSSEY's reflex: status {reading.status}, stress {reading.stress}.",
        "context": {
            "entityId": reading.node_id,
            "actionType": "REFLEX",
            "triggerEventId": reading.event_id,
            "triggeredAt": format_instant(reading.at_ms),
            "status": reading.status,
            "stress": reading.stress_score,
            "criticalMetrics": dict(reading.metrics),
            "capsuleIds": history.capsule_ids,
            "historyDegraded": history.degraded,
        },
    }


def _episode(entity: Entity, reading: Reading, history: History, plan_id: str, *, runs: bool) -> Episode:
    stress = "an ALERT" if reading.stress is None else f"stress {reading.stress:g}"
    return Episode(
        tenant=entity.tenant,
        episode_id=f"ep_{plan_id.removeprefix('plan_')}",
        entity_id=entity.entity_id,
        at_ms=reading.at_ms,
        context={"triggerEventId": reading.event_id, "status": reading.status, "capsules": len(history.capsules)},
        world={"stressScore": entity.stress, "fragility": entity.fragility, "trend": entity.trend},
        decision={
            "chosenOption": plan_id,
            "rationale": f"{stress} on {entity.entity_id}" + (", history unavailable" if history.degraded else ""),
            "predictionMade": "the plan runs" if runs else "the plan waits for a decision",
        },
    )


def _without_plan(error: SandboxError) -> RecordFailure:
    return RecordFailure(FailureCategory.DOWNSTREAM_FAILURE, f"PLATO gave no plan: {error.message}")
