"""What CAPSULE's endpoints answer, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from sandbox.services.http.fields import ApiModel

__all__ = ["CapsuleShape", "CounterfactualShape", "LineageChainShape", "TemporalSliceShape"]

Dimension = dict[str, Any]


class ContentShape(ApiModel):
    configuration: Dimension
    dynamics: Dimension
    agency: Dimension
    counterfactual: Dimension
    meta: Dimension


class CapsuleShape(ApiModel):
    id: str
    capsule_id: str
    scope_id: str
    timestamp: datetime
    resolution: int = Field(description="seconds")
    vantage_mode: str
    idempotency_key: str
    content: ContentShape
    metadata: Dimension
    parent_capsule_id: str | None
    created_at: datetime


class TemporalSliceShape(ApiModel):
    slice_id: str
    scope_id: str
    timestamp: datetime
    state: Dimension
    confidence: float
    contributing_capsule_ids: list[str]


class LineageNodeShape(ApiModel):
    capsule_id: str
    parent_capsule_id: str | None
    relationship: str
    timestamp: datetime


class LineageChainShape(ApiModel):
    root_capsule_id: str
    nodes: list[LineageNodeShape]
    depth: int


class CounterfactualShape(ApiModel):
    counterfactual_id: str
    scope_id: str
    hypothesis: str
    alternate_state: Dimension
    probability: float
    supporting_evidence: list[str]
