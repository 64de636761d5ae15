"""A plan: steps towards an answer, its approval, and its way through the states (ecosystem: Plan)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.contracts.instants import format_instant

__all__ = ["DEFAULT_ACTIONS", "PLAN_ID_PATTERN", "Approval", "Plan", "PlanStatus", "PlanStep", "slug"]

PLAN_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$"
DEFAULT_ACTIONS = ("evaluate-conditions", "gather-history", "decide", "produce-artifact")
"""The steps of a plan that names none."""


class PlanStatus(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """`step_id` names the step in messages; the words of `action` say what it does. `result` is the latest run's."""

    step_id: str
    order: int
    action: str
    target_service: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    status: str = "PENDING"
    result: dict[str, Any] | None = None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "stepId": self.step_id,
            "order": self.order,
            "action": self.action,
            "targetService": self.target_service,
            "parameters": self.parameters,
            "status": self.status,
            "result": self.result,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`status` is PENDING until somebody decides."""

    approval_id: str
    status: str = "PENDING"
    approved_by: str | None = None
    reason: str | None = None
    decided_at_ms: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.approval_id,
            "approvalId": self.approval_id,
            "status": self.status,
            "approvedBy": self.approved_by,
            "reason": self.reason,
            "decidedAt": _instant(self.decided_at_ms),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`approval` is there when one is needed or was given; `run_id` is the latest run's."""

    tenant: str
    plan_id: str
    name: str
    steps: tuple[PlanStep, ...]
    created_at_ms: int
    description: str | None = None
    status: PlanStatus = PlanStatus.PENDING
    spec_id: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    approval: Approval | None = None
    approved_at_ms: int | None = None
    completed_at_ms: int | None = None
    run_id: str | None = None
    artifact_ids: tuple[str, ...] = ()
    path_ids: tuple[str, ...] = ()

    @property
    def entity_id(self) -> str | None:
        entity_id = self.context.get("entityId")
        return entity_id if isinstance(entity_id, str) else None

    @property
    def awaits_approval(self) -> bool:
        return self.approval is not None and self.approval.status == "PENDING"

    def to_json(self, artifacts: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """`artifacts` are those of `artifact_ids`, as JSON."""
        return {
            "id": self.plan_id,
            "planId": self.plan_id,
            "name": self.name,
            "description": self.description,
            "status": self.status.value,
            "steps": [step.to_json() for step in self.steps],
            "specId": self.spec_id,
            "approvalId": self.approval.approval_id if self.approval else None,
            "context": self.context,
            "runId": self.run_id,
            "artifactIds": list(self.artifact_ids),
            "artifacts": list(artifacts),
            "pathIds": list(self.path_ids),
            "createdAt": format_instant(self.created_at_ms),
            "approvedAt": _instant(self.approved_at_ms),
            "completedAt": _instant(self.completed_at_ms),
        }

    def to_document(self) -> dict[str, Any]:
        """What `from_document` reads: the fields under their own names, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Plan:
        values = dict(document)
        values["status"] = PlanStatus(values["status"])
        values["steps"] = tuple(PlanStep(**step) for step in values["steps"])
        values["approval"] = Approval(**values["approval"]) if values["approval"] else None
        values["artifact_ids"] = tuple(values["artifact_ids"])
        values["path_ids"] = tuple(values["path_ids"])
        return cls(**values)


def slug(action: str) -> str:
    """`Evaluate conditions` → `evaluate-conditions`: the name by which a step's work is known."""
    return re.sub(r"[^a-z0-9]+", "-", action.lower()).strip("-") or "step"


def _instant(epoch_ms: int | None) -> str | None:
    return None if epoch_ms is None else format_instant(epoch_ms)
