"""What PLATO's requests may say. Unknown members are ignored."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sandbox.errors import UsageError
from sandbox.services.http import ApiModel, PageQuery, ScopeId
from sandbox.services.plato.conditions import Condition
from sandbox.services.plato.plan import PLAN_ID_PATTERN, PlanStatus, PlanStep, slug

__all__ = [
    "ApprovalBody",
    "CancelBody",
    "CreatePlan",
    "CreateSpec",
    "EvaluateBody",
    "ExecuteBody",
    "FeedbackBody",
    "ListArtifacts",
    "ListPlans",
    "ListPolicies",
    "ListSpecs",
    "StepBody",
]


def _finite(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise PydanticCustomError("finite", "must hold finite numbers only") from None
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(_finite)]
"""A JSON object whose numbers are finite."""
Text = Annotated[str, Field(min_length=1, max_length=500)]


class StepBody(ApiModel):
    step_id: str | None = Field(default=None, pattern=PLAN_ID_PATTERN)
    """Names the step in messages; the action in kebab case without it."""
    order: int | None = Field(default=None, ge=0, le=1_000_000)
    """Its place among the plan's steps; where the list has it without."""
    action: Text
    """`evaluate-conditions`, `gather-history`, `decide`, `produce-artifact`, or what somebody is to do."""
    target_service: str | None = Field(default=None, max_length=200)
    parameters: JsonObject = Field(default_factory=dict)
    """`fail` (reason) makes the step fail, `durationMs` sets its length, `conditions` what it looks at."""

    @model_validator(mode="after")
    def _conditions_are_readable(self) -> StepBody:
        given = self.parameters.get("conditions", [])
        for text in [given] if isinstance(given, str) else given if isinstance(given, list) else [given]:
            if not isinstance(text, str):
                raise PydanticCustomError("condition", "conditions must be texts")
            try:
                Condition.parse(text)
            except UsageError as error:
                raise PydanticCustomError("condition", "{text}", {"text": f"conditions: {error.message}"}) from None
        return self


class CreatePlan(ApiModel):
    plan_id: str | None = Field(default=None, pattern=PLAN_ID_PATTERN)
    """Chosen by the caller to make its request idempotent: a second POST with it answers 409."""
    name: Text = "Plan"
    description: str | None = Field(default=None, max_length=5_000)
    spec_id: str | None = Field(default=None, max_length=200)
    steps: list[StepBody] = Field(default_factory=list, max_length=100)
    """Executed by their `order`, equal ones as listed; PLATO's usual four when there are none."""
    context: JsonObject = Field(default_factory=dict)
    """What the steps reason about: `entityId`, `stress`, `status`, `capsuleIds`, `actionType`, `riskScore`…"""
    approval_required: bool = False

    @model_validator(mode="after")
    def _step_ids_are_unique(self) -> CreatePlan:
        named = [step.step_id for step in self.steps if step.step_id]
        if len(named) != len(set(named)):
            raise PydanticCustomError("step_ids", "steps must have different stepIds")
        return self

    def plan_steps(self) -> tuple[PlanStep, ...]:
        taken = {step.step_id for step in self.steps if step.step_id}
        made = []
        placed = [(place if step.order is None else step.order, step) for place, step in enumerate(self.steps, 1)]
        for order, step in sorted(placed, key=lambda each: each[0]):
            step_id = step.step_id or _free(slug(step.action)[:100], taken)
            taken.add(step_id)
            made.append(
                PlanStep(
                    step_id=step_id, order=order, action=step.action, target_service=step.target_service,
                    parameters=step.parameters,
                )
            )  # fmt: skip
        return tuple(made)


class ListPlans(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("createdAt", "name", "status")
    status: PlanStatus | None = None


class ExecuteBody(ApiModel):
    mode: Literal["LIVE", "DRY_RUN"] = "LIVE"
    """DRY_RUN computes every step, keeps no artifact and leaves the plan's status as it was."""


class CancelBody(ApiModel):
    reason: str | None = Field(default=None, max_length=500)


class ApprovalBody(ApiModel):
    approved: bool = True
    """False rejects the plan."""
    approved_by: str | None = Field(default=None, max_length=200)
    reason: str | None = Field(default=None, max_length=500)


class CreateSpec(ApiModel):
    spec_id: str | None = Field(default=None, pattern=PLAN_ID_PATTERN)
    name: Text
    type: Text = "GENERIC"
    definition: JsonObject = Field(default_factory=dict)


class ListSpecs(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("createdAt", "name", "type")
    type: str | None = None


class ListArtifacts(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("createdAt", "name", "type")


class ListPolicies(PageQuery):
    sortable: ClassVar[tuple[str, ...]] = ("priority", "name", "category")
    category: str | None = None


class EvaluateBody(ApiModel):
    entity_id: ScopeId
    action_type: Text
    context: JsonObject = Field(default_factory=dict)
    risk_score: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)


class FeedbackBody(ApiModel):
    rating: float | None = Field(default=None, allow_inf_nan=False)
    outcome: str | None = Field(default=None, max_length=500)
    comment: str | None = Field(default=None, max_length=5_000)
    submitted_by: str | None = Field(default=None, max_length=200)


def _free(name: str, taken: set[str | None]) -> str:
    """`name`, or `name-2`, `name-3`… when it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
