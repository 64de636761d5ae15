from __future__ import annotations

from pydantic import Field

from sandbox.faults.fault import Fault
from sandbox.faults.points import PLAN_STEP, Moment, PlanStep

__all__ = ["PlanStepFailure"]


class PlanStepFailure(Fault):
    """Makes a step of a plan fail, and the plan with it."""

    kind = "plan-step-failure"
    point = PLAN_STEP

    step: str | None = None
    """The step's id, such as `decide`; every step when left out."""
    plan: str | None = None
    """Only steps of the plan with this id."""
    error: str = Field(default="a fault makes this step fail", min_length=1, max_length=500)
    """The reason that clients read."""

    def matches(self, point: PlanStep) -> bool:
        return self.step in (None, point.step) and self.plan in (None, point.plan_id)

    def act(self, point: PlanStep, moment: Moment) -> str:
        return self.error
