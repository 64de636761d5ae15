"""Who acts on the entities, how they decide, and what was decided (ecosystem: Actor, Episode; strategies)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.contracts.instants import format_instant

__all__ = ["PROFILE_PARAMETERS", "Actor", "Episode", "Strategy"]

PROFILE_PARAMETERS = ("riskTolerance", "timeHorizon", "predictability", "coordination")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """`profile` holds the PROFILE_PARAMETERS, each 0–1; `scope_ids` are the entities that the actor watches."""

    tenant: str
    actor_id: str
    name: str
    actor_type: str
    objectives: list[dict[str, Any]] = field(default_factory=list)
    profile: dict[str, float] = field(default_factory=dict)
    scope_ids: list[str] = field(default_factory=list)

    def to_json(self, path_ids: list[str]) -> dict[str, Any]:
        """`path_ids` are the paths of the entities that the actor watches."""
        return {
            "id": self.actor_id,
            "actorId": self.actor_id,
            "name": self.name,
            "actorType": self.actor_type,
            "objectives": self.objectives,
            "behavioralProfile": self.profile,
            "scopeIds": self.scope_ids,
            "relatedPathIds": path_ids,
        }

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Actor:
        return cls(**document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """`weight` is 0–1."""

    tenant: str
    strategy_id: str
    name: str
    weight: float
    updated_at_ms: int

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.strategy_id,
            "strategyId": self.strategy_id,
            "name": self.name,
            "weight": self.weight,
            "updatedAt": format_instant(self.updated_at_ms),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One reflex: what was seen, how the world stood, what was decided."""

    tenant: str
    episode_id: str
    entity_id: str
    at_ms: int
    context: dict[str, Any]
    world: dict[str, Any]
    decision: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.episode_id,
            "episodeId": self.episode_id,
            "scopeId": self.entity_id,
            "timestamp": format_instant(self.at_ms),
            "context": self.context,
            "worldConfiguration": self.world,
            "decision": self.decision,
            "outcome": None,
        }
