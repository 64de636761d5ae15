"""What ODYSSEY's endpoints answer, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict

from sandbox.services.http import ApiModel

__all__ = [
    "ActorShape", "EntityShape", "EpisodeShape", "HistoryShape", "IgnoranceShape", "PathShape", "StrategyShape",
    "WorldStateShape",
]  # fmt: skip

JsonObject = dict[str, Any]
Horizon = Literal["SHORT_TERM", "MEDIUM_TERM", "LONG_TERM"]


class Shape(ApiModel):
    """Built when the OpenAPI document is asked for, not at start."""

    model_config = ConfigDict(defer_build=True)


class StressShape(Shape):
    stress_score: float
    buffer_remaining: float
    fragility: float
    trend: Literal["INCREASING", "DECREASING", "STABLE"]


class EntityShape(Shape):
    id: str
    entity_id: str
    entity_type: str
    name: str
    status: str
    attributes: JsonObject
    stress: StressShape
    related_path_ids: list[str]
    capsule_count: int
    last_capsule_id: str | None
    updated_at: datetime | None
    """Null before the first event."""


class RelationshipShape(Shape):
    source_id: str
    target_id: str
    type: str


class AggregatesShape(Shape):
    entity_count: int
    average_stress: float
    max_stress: float
    entities_in_alert: int


class WorldStateShape(Shape):
    snapshot_id: str
    timestamp: datetime
    entities: list[EntityShape]
    relationships: list[RelationshipShape]
    aggregate_metrics: AggregatesShape


class HistoryShape(Shape):
    """A capsule as CAPSULE gave it."""

    capsule_id: str | None = None
    scope_id: str | None = None


class TippingPointShape(Shape):
    tipping_id: str
    label: str
    description: str
    distance_state: float
    distance_time_seconds: int | None
    direction_of_travel: Literal["TOWARDS", "AWAY", "STILL"]
    acceleration_sign: int


class PathShape(Shape):
    id: str
    path_id: str
    scope_id: str
    description: str
    horizon: Horizon
    weight: float
    confidence: float
    key_drivers: list[str]
    tipping_points: list[TippingPointShape]
    implications: list[str]
    school_id: str
    trigger_event_id: str | None
    plan_ids: list[str]
    updated_at: datetime | None
    """Null before the first event."""


class ObjectiveShape(Shape):
    objective_id: str
    key: str
    target_direction: str
    priority: int


class ProfileShape(Shape):
    risk_tolerance: float
    time_horizon: float
    predictability: float
    coordination: float


class ActorShape(Shape):
    id: str
    actor_id: str
    name: str
    actor_type: Literal["REGULATOR", "SOVEREIGN", "COUNTERPARTY", "ALLIANCE"]
    objectives: list[ObjectiveShape]
    behavioral_profile: ProfileShape
    scope_ids: list[str]
    related_path_ids: list[str]


class RegionShape(Shape):
    region_id: str
    description: str
    severity: Literal["MEDIUM", "HIGH"]
    affected_entity_ids: list[str]
    recommended_action: str


class IgnoranceShape(Shape):
    regions: list[RegionShape]
    overall_ignorance: float
    high_uncertainty_node_ids: list[str]
    by_domain: dict[str, float]


class StrategyShape(Shape):
    id: str
    strategy_id: str
    name: str
    weight: float
    updated_at: datetime


class DecisionShape(Shape):
    chosen_option: str
    rationale: str
    prediction_made: str


class EpisodeShape(Shape):
    id: str
    episode_id: str
    scope_id: str
    timestamp: datetime
    context: JsonObject
    world_configuration: JsonObject
    decision: DecisionShape
    outcome: JsonObject | None
