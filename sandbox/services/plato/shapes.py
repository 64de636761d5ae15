"""What PLATO's endpoints answer, for the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict

from sandbox.services.http import ApiModel

__all__ = [
    "ApprovalShape", "ArtifactShape", "EvaluationShape", "ExecutionShape", "FeedbackShape", "GovernanceShape",
    "PlanShape", "PlanStatusShape", "PolicyShape", "SpecShape",
]  # fmt: skip

JsonObject = dict[str, Any]
Status = Literal["PENDING", "APPROVED", "REJECTED", "EXECUTING", "COMPLETED", "FAILED", "CANCELLED"]
Decision = Literal["ALLOW", "DENY", "REQUIRE_APPROVAL"]


class Shape(ApiModel):
    """Built when the OpenAPI document is asked for, not at start."""

    model_config = ConfigDict(defer_build=True)


class ArtifactShape(Shape):
    id: str
    artifact_id: str
    spec_id: str | None
    plan_id: str | None
    run_id: str | None
    name: str
    type: str
    content: JsonObject
    created_at: datetime


class StepShape(Shape):
    step_id: str
    order: int
    action: str
    target_service: str | None
    parameters: JsonObject
    status: Literal["PENDING", "EXECUTING", "COMPLETED", "FAILED"]
    result: JsonObject | None
    error: str | None


class PlanShape(Shape):
    id: str
    plan_id: str
    name: str
    description: str | None
    status: Status
    steps: list[StepShape]
    spec_id: str | None
    approval_id: str | None
    context: JsonObject
    run_id: str | None
    artifact_ids: list[str]
    artifacts: list[ArtifactShape]
    path_ids: list[str]
    created_at: datetime
    approved_at: datetime | None
    completed_at: datetime | None


class ExecutionShape(PlanShape):
    mode: Literal["LIVE", "DRY_RUN"]
    stream: str


class PlanStatusShape(Shape):
    plan_id: str
    status: Status
    run_id: str | None
    progress: int
    current_step: str | None
    completed_steps: int
    total_steps: int


class ApprovalShape(Shape):
    id: str
    approval_id: str
    plan_id: str
    status: Literal["PENDING", "APPROVED", "REJECTED"]
    approved_by: str | None
    reason: str | None
    decided_at: datetime | None


class SpecShape(Shape):
    id: str
    spec_id: str
    name: str
    type: str
    status: Literal["DRAFT", "ACTIVE"]
    definition: JsonObject
    artifacts: list[ArtifactShape]
    created_at: datetime


class RuleShape(Shape):
    rule_id: str
    condition: str
    action: Decision
    parameters: JsonObject


class PolicyShape(Shape):
    id: str
    policy_id: str
    name: str
    description: str
    category: str
    rules: list[RuleShape]
    enabled: bool
    priority: int
    created_at: datetime
    updated_at: datetime


class EvaluationShape(Shape):
    entity_id: str
    action_type: str
    allowed: bool
    decision: Decision
    matched_policies: list[str]
    violations: list[str]
    reason: str
    conditions: list[str]


class GovernanceShape(Shape):
    entity_id: str
    compliant: bool
    active_violations: list[str]
    pending_approvals: list[str]
    risk_score: float | None
    last_assessed_at: datetime | None


class FeedbackShape(Shape):
    feedback_id: str
    decision_id: str
    rating: float | None
    outcome: str | None
    comment: str | None
    submitted_by: str | None
    created_at: datetime
