"""A narrative path: where an entity's stress may lead (ecosystem: NarrativePath, PathUpdate)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.services.odyssey.entity import Entity
from sandbox.services.odyssey.reading import ALERT_STRESS, Reading

__all__ = ["HORIZONS", "NarrativePath"]

HORIZONS = ("SHORT_TERM", "MEDIUM_TERM", "LONG_TERM")
KNOWN_WELL = 10
DRIVERS = 3
PLANS_KEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrativePath:
    """`weight` and `confidence` are 0–1; `plan_ids` are the plans asked for because of it, newest last."""

    tenant: str
    path_id: str
    entity_id: str
    horizon: str
    description: str
    weight: float
    confidence: float
    stress: float
    trend: str = "STABLE"
    drivers: tuple[str, ...] = ()
    plan_ids: tuple[str, ...] = ()
    trigger_event_id: str | None = None
    school_id: str = "school_reflex"
    updated_at_ms: int = 0

    @staticmethod
    def id_of(tenant: str, entity_id: str, horizon: str) -> str:
        return "path_" + hashlib.sha256(f"{tenant}|{entity_id}|{horizon}".encode()).hexdigest()[:20]

    @classmethod
    def open(cls, entity: Entity, horizon: str = "SHORT_TERM") -> NarrativePath:
        """A path that no event has moved yet."""
        name = entity.entity_id.rsplit(":", 1)[-1]
        return cls(
            tenant=entity.tenant,
            path_id=cls.id_of(entity.tenant, entity.entity_id, horizon),
            entity_id=entity.entity_id,
            horizon=horizon,
            description=f"Stress on {name} spreads",
            weight=entity.stress,
            confidence=0.5,
            stress=entity.stress,
            updated_at_ms=entity.updated_at_ms,
        )

    def after_reflex(self, entity: Entity, reading: Reading, capsules: int, *, weight: float, degraded: bool) -> Any:
        """The path once the reflex has read `capsules` capsules of history; `weight` is the strategy's, 0–1."""
        known = 0.5 + 0.5 * min(1.0, capsules / KNOWN_WELL)
        strongest = sorted(reading.metrics.items(), key=lambda each: -abs(each[1]))[:DRIVERS]
        return replace(
            self,
            weight=round(min(1.0, entity.stress * weight), 6),
            confidence=round(known * (0.8 if degraded else 1.0), 6),
            stress=entity.stress,
            trend=entity.trend,
            drivers=tuple(f"{name} {number:g}" for name, number in strongest) or (f"status {reading.status}",),
            trigger_event_id=reading.event_id,
            updated_at_ms=reading.at_ms,
        )

    def with_plan(self, plan_id: str) -> NarrativePath:
        if plan_id in self.plan_ids:
            return self
        return replace(self, plan_ids=(*self.plan_ids, plan_id)[-PLANS_KEPT:])

    def to_update(self, *, capsule_ids: list[str], plan_id: str | None) -> dict[str, Any]:
        """The PathUpdate record for `odyssey.paths`."""
        return {
            "path_id": self.path_id,
            "rim_node_id": self.entity_id,
            "timestamp": self.updated_at_ms,
            "horizon": self.horizon,
            "weight": self.weight,
            "confidence": self.confidence,
            "stress": self.stress,
            "trigger_event_id": self.trigger_event_id,
            "capsule_ids": capsule_ids,
            "plan_id": plan_id,
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.path_id,
            "pathId": self.path_id,
            "scopeId": self.entity_id,
            "description": self.description,
            "horizon": self.horizon,
            "weight": self.weight,
            "confidence": self.confidence,
            "keyDrivers": list(self.drivers),
            "tippingPoints": [self._tipping_point()],
            "implications": [f"a plan for {self.entity_id}"] if self.stress >= ALERT_STRESS else [],
            "schoolId": self.school_id,
            "triggerEventId": self.trigger_event_id,
            "planIds": list(self.plan_ids),
            "updatedAt": format_instant(self.updated_at_ms) if self.updated_at_ms else None,
        }

    def _tipping_point(self) -> dict[str, Any]:
        """The stress at which the reflex acts: how far it is, and which way the entity goes."""
        towards = {"INCREASING": "TOWARDS", "DECREASING": "AWAY"}.get(self.trend, "STILL")
        return {
            "tippingId": f"{self.path_id}_alert",
            "label": "Alert",
            "description": f"stress reaches {ALERT_STRESS}",
            "distanceState": round(max(0.0, ALERT_STRESS - self.stress), 6),
            "distanceTimeSeconds": 0 if self.stress >= ALERT_STRESS else None,
            "directionOfTravel": towards,
            "accelerationSign": {"INCREASING": 1, "DECREASING": -1}.get(self.trend, 0),
        }

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> NarrativePath:
        lists = {name: tuple(document[name]) for name in ("drivers", "plan_ids")}
        return cls(**{**document, **lists})
