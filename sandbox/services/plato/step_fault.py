"""The injection point of plan steps: an applied fault as a StepFault."""

from __future__ import annotations

from sandbox.faults.applied import AppliedFault
from sandbox.services.plato.plan import Plan, PlanStep

__all__ = ["AppliedStepFault"]


class AppliedStepFault:
    """Asks `applied` for the reason for which a step fails."""

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied

    def __call__(self, plan: Plan, step: PlanStep) -> str | None:
        point = _Step(plan, step)
        return self.applied.act(point) if self.applied.strikes(point) else None


class _Step:
    """A `faults.points.PlanStep`."""

    def __init__(self, plan: Plan, step: PlanStep) -> None:
        self.plan_id = plan.plan_id
        self.step = step.step_id
        self.action = step.action
