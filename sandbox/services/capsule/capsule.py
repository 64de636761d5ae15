"""A capsule: the state of one entity at one moment, in five dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.contracts.idempotency import idempotency_key
from sandbox.contracts.instants import format_instant

__all__ = ["DIMENSIONS", "EVENT_RESOLUTION_S", "EVENT_VANTAGE_MODE", "Capsule"]

DIMENSIONS = ("configuration", "dynamics", "agency", "counterfactual", "meta")
EVENT_RESOLUTION_S = 60
EVENT_VANTAGE_MODE = "omniscient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule:
    """`resolution` is in seconds; `content` holds all five dimensions, each a JSON object."""

    capsule_id: str
    tenant: str
    scope_id: str
    timestamp_ms: int
    created_ms: int
    resolution: int = EVENT_RESOLUTION_S
    vantage_mode: str = EVENT_VANTAGE_MODE
    content: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parent_id: str | None = None

    @property
    def idempotency_key(self) -> str:
        return idempotency_key(self.scope_id, self.timestamp_ms, self.resolution, self.vantage_mode)

    def to_json(self) -> dict[str, Any]:
        """As REST shows it, with both `id` and `capsuleId`."""
        return {
            "id": self.capsule_id,
            "capsuleId": self.capsule_id,
            "scopeId": self.scope_id,
            "timestamp": format_instant(self.timestamp_ms),
            "resolution": self.resolution,
            "vantageMode": self.vantage_mode,
            "idempotencyKey": self.idempotency_key,
            "content": {name: dict(self.content.get(name, {})) for name in DIMENSIONS},
            "metadata": dict(self.metadata),
            "parentCapsuleId": self.parent_id,
            "createdAt": format_instant(self.created_ms),
        }

    def to_snapshot(self) -> dict[str, Any]:
        """The record on `capsule.snapshots`."""
        return {
            "capsule_id": self.capsule_id,
            "scope_id": self.scope_id,
            "timestamp": self.timestamp_ms,
            "resolution": self.resolution,
            "vantage_mode": self.vantage_mode,
            "idempotency_key": self.idempotency_key,
            "created_at": self.created_ms,
        }
