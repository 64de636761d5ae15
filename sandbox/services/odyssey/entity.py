"""An entity of the world: its stress as events move it (ecosystem: Entity)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sandbox.contracts.instants import format_instant
from sandbox.contracts.node_id import RimNodeId
from sandbox.services.odyssey.reading import Reading

__all__ = ["Entity"]

STILL = 0.01
"""Changes of stress up to this are no trend."""
MEMORY = 0.7
"""How much of the fragility stays when the next event comes."""
_SEVERE = ("HIGH", "CRITICAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """`stress` and `fragility` are 0–1; `capsules` counts the snapshots that CAPSULE published for the entity."""

    tenant: str
    entity_id: str
    status: str = "UNKNOWN"
    stress: float = 0.0
    fragility: float = 0.0
    trend: str = "STABLE"
    attributes: dict[str, Any] = field(default_factory=dict)
    path_ids: tuple[str, ...] = ()
    capsules: int = 0
    last_capsule_id: str | None = None
    updated_at_ms: int = 0

    def after_reading(self, reading: Reading) -> Entity:
        """The entity once the event is known. One that is older than what is known only adds what is not known yet."""
        known = self.attributes.get("metrics", {})
        attributes = {**self.attributes, "metrics": {**known, **reading.metrics}}
        for name, number in (("price", reading.price), ("volume", reading.volume)):
            if number is not None:
                attributes[name] = number
        if reading.at_ms < self.updated_at_ms:
            return replace(self, attributes={**attributes, **self.attributes, "metrics": {**reading.metrics, **known}})
        score = self.stress if reading.stress_score is None else reading.stress_score
        change = score - self.stress
        return replace(
            self,
            status=reading.status,
            stress=score,
            fragility=round(MEMORY * self.fragility + (1 - MEMORY) * max(score, abs(change)), 6),
            trend="STABLE" if abs(change) <= STILL else "INCREASING" if change > 0 else "DECREASING",
            attributes=attributes,
            updated_at_ms=reading.at_ms,
        )

    def after_signal(self, signal: Mapping[str, Any], at_ms: int) -> Entity:
        """A HIGH or CRITICAL signal makes the entity more fragile, by as much as it is sure."""
        severity, confidence = signal.get("severity"), float(signal.get("confidence") or 0.0)
        last = {"type": signal.get("signal_type"), "severity": severity, "confidence": signal.get("confidence")}
        shown = {**last, "eventId": signal.get("event_id"), "timestamp": format_instant(at_ms)}
        weakened = self.fragility + 0.1 * confidence if severity in _SEVERE else self.fragility
        return replace(
            self, attributes={**self.attributes, "lastSignal": shown}, fragility=round(min(1.0, max(0.0, weakened)), 6)
        )

    def after_snapshot(self, capsule_id: str | None) -> Entity:
        return replace(self, capsules=self.capsules + 1, last_capsule_id=capsule_id or self.last_capsule_id)

    def with_path(self, path_id: str) -> Entity:
        return self if path_id in self.path_ids else replace(self, path_ids=(*self.path_ids, path_id))

    @property
    def ignorance(self) -> float:
        """0–1: how little is known of the entity. It falls with every capsule; an unknown status raises it."""
        return round(1 / (1 + self.capsules) * (1.0 if self.status in ("UNKNOWN", "OFFLINE") else 0.8), 6)

    def to_json(self) -> dict[str, Any]:
        node = RimNodeId.parse(self.entity_id)
        return {
            "id": self.entity_id,
            "entityId": self.entity_id,
            "entityType": node.node_type,
            "name": node.local_id,
            "status": self.status,
            "attributes": self.attributes,
            "stress": {
                "stressScore": self.stress,
                "bufferRemaining": round(1 - self.stress, 6),
                "fragility": self.fragility,
                "trend": self.trend,
            },
            "relatedPathIds": list(self.path_ids),
            "capsuleCount": self.capsules,
            "lastCapsuleId": self.last_capsule_id,
            "updatedAt": format_instant(self.updated_at_ms) if self.updated_at_ms else None,
        }

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Entity:
        return cls(**{**document, "path_ids": tuple(document["path_ids"])})
