"""The life of a plan: made, judged by policies, approved or rejected, executed, cancelled, linked to a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.contracts.ids import new_id
from sandbox.contracts.tracing import TraceContext
from sandbox.services.plato.execution import Executor
from sandbox.services.plato.governance import Governance
from sandbox.services.plato.plan import DEFAULT_ACTIONS, Approval, Plan, PlanStatus, PlanStep
from sandbox.services.plato.plan_run import Bench, plan_event
from sandbox.services.plato.policies import Action, Decision
from sandbox.services.plato.runs import Run
from sandbox.services.plato.seed import DEFAULT_SPEC, SEEDED_PLAN

__all__ = ["Plans"]

_UNDECIDED = (PlanStatus.PENDING, PlanStatus.APPROVED)


class Plans:
    """All changes of plans that somebody asks for; each is kept and put on `plato.plans` together."""

    def __init__(self, bench: Bench, executor: Executor, governance: Governance) -> None:
        self._bench = bench
        self._executor = executor
        self._governance = governance

    def get(self, tenant: str, plan_id: str) -> Plan:
        """Raises ApiError NOT_FOUND."""
        plan = self._bench.store.plan(tenant, plan_id)
        if plan is None:
            raise ApiError.not_found(f"Plan {plan_id}")
        return plan

    def create(
        self,
        tenant: str,
        trace: TraceContext,
        *,
        name: str,
        steps: Sequence[PlanStep] = (),
        plan_id: str | None = None,
        description: str | None = None,
        spec_id: str | None = None,
        context: dict[str, Any] | None = None,
        approval_required: bool = False,
    ) -> Plan:
        """Make a plan; policies may reject it or ask for an approval. Raises ApiError CONFLICT when the id is taken."""
        if plan_id is not None and self._bench.store.plan(tenant, plan_id) is not None:
            details = [{"field": "planId", "message": "is taken", "existingId": plan_id}]
            raise ApiError(ErrorCode.CONFLICT, f"Plan {plan_id} exists", details=details)
        plan = Plan(
            tenant=tenant,
            plan_id=plan_id or new_id("plan_"),
            name=name,
            description=description,
            steps=tuple(steps) or _default_steps(),
            spec_id=spec_id or DEFAULT_SPEC,
            context=context or {},
            created_at_ms=self._bench.clock.now_ms(),
        )
        with self._bench.store.database.transaction():
            plan = self._judged(plan, trace, approval_required)
            self._keep(plan, trace, "PLAN_CREATED")
            if plan.status is PlanStatus.REJECTED:
                self._publish(plan, trace, "PLAN_REJECTED", error=plan.approval.reason if plan.approval else None)
        return plan

    def execute(self, plan: Plan, trace: TraceContext, mode: str = "LIVE") -> Run:
        """Start a run, or return the one that is going. Raises ApiError CONFLICT when the plan's state forbids it."""
        if plan.status in (PlanStatus.REJECTED, PlanStatus.CANCELLED):
            raise _conflict(plan, f"is {plan.status.value} and cannot be executed")
        if plan.awaits_approval:
            raise _conflict(plan, "needs an approval before it can be executed")
        return self._executor.start(plan, trace, mode)

    async def cancel(self, plan: Plan, trace: TraceContext, reason: str | None = None) -> Plan:
        """End the plan's run, or close a plan that has not run. Raises ApiError CONFLICT when it is over already."""
        if await self._executor.cancel(plan, reason or "cancelled"):
            return self.get(plan.tenant, plan.plan_id)
        if plan.status not in _UNDECIDED:
            raise _conflict(plan, f"is {plan.status.value} and cannot be cancelled")
        cancelled = replace(plan, status=PlanStatus.CANCELLED, completed_at_ms=self._bench.clock.now_ms())
        with self._bench.store.database.transaction():
            self._keep(cancelled, trace, "PLAN_CANCELLED", error=reason)
        return cancelled

    def decide(self, plan: Plan, trace: TraceContext, *, approved: bool, by: str | None, reason: str | None) -> Plan:
        """Approve or reject a plan that is PENDING. Raises ApiError CONFLICT otherwise."""
        if plan.status is not PlanStatus.PENDING:
            raise _conflict(plan, f"is {plan.status.value}, only a PENDING plan can be approved")
        now_ms = self._bench.clock.now_ms()
        status = PlanStatus.APPROVED if approved else PlanStatus.REJECTED
        asked = plan.approval or Approval(approval_id=new_id("apr_"))
        approval = replace(asked, status=status.value, approved_by=by, reason=reason, decided_at_ms=now_ms)
        decided = replace(plan, status=status, approval=approval, approved_at_ms=now_ms if approved else None)
        with self._bench.store.database.transaction():
            self._keep(decided, trace, f"PLAN_{status.value}", error=None if approved else reason)
        return decided

    def link_path(self, tenant: str, plan_id: str, path_id: str) -> bool:
        """Note that a path led to a plan; False when there is no such plan, or it is known."""
        plan = self._bench.store.plan(tenant, plan_id)
        if plan is None or path_id in plan.path_ids:
            return False
        self._bench.store.save_plan(replace(plan, path_ids=(*plan.path_ids, path_id)))
        return True

    def start_seeded(self, plan: Plan, trace: TraceContext) -> None:
        """`plan_123` starts when somebody watches and it has never run, so that the seed's client sees a run."""
        if plan.plan_id == SEEDED_PLAN and plan.run_id is None and plan.status in _UNDECIDED:
            self._executor.start(plan, trace)

    def artifacts(self, plan: Plan) -> list[dict[str, Any]]:
        """The artifacts of the plan's latest run, as JSON."""
        found = (self._bench.store.artifact(plan.tenant, each) for each in plan.artifact_ids)
        return [artifact.to_json() for artifact in found if artifact is not None]

    def _judged(self, plan: Plan, trace: TraceContext, approval_required: bool) -> Plan:
        action_type = str(plan.context.get("actionType", "EXECUTE_PLAN"))
        action = Action.of(plan.entity_id or plan.plan_id, action_type, plan.context)
        judgement = self._governance.judge(plan.tenant, action, trace)
        approval = Approval(approval_id=new_id("apr_"), reason=judgement.reason if judgement.violations else None)
        if judgement.decision is Decision.DENY:
            refused = replace(approval, status="REJECTED", decided_at_ms=plan.created_at_ms)
            return replace(plan, status=PlanStatus.REJECTED, approval=refused)
        if approval_required or judgement.decision is Decision.REQUIRE_APPROVAL:
            return replace(plan, approval=approval)
        return plan

    def _keep(self, plan: Plan, trace: TraceContext, event_type: str, *, error: str | None = None) -> None:
        self._bench.store.save_plan(plan)
        self._publish(plan, trace, event_type, error=error)

    def _publish(self, plan: Plan, trace: TraceContext, event_type: str, *, error: str | None = None) -> None:
        value = plan_event(plan, event_type, self._bench.clock.now_ms(), plan.run_id, error=error)
        self._bench.outbox.add("plato.plans", value, key=plan.plan_id, trace=trace)


def _default_steps() -> tuple[PlanStep, ...]:
    return tuple(PlanStep(step_id=each, order=place, action=each) for place, each in enumerate(DEFAULT_ACTIONS, 1))


def _conflict(plan: Plan, message: str) -> ApiError:
    details = [{"field": "status", "message": message, "existingId": plan.plan_id, "status": plan.status.value}]
    if plan.awaits_approval and plan.approval is not None:
        details[0]["approvalId"] = plan.approval.approval_id
    return ApiError(ErrorCode.CONFLICT, f"Plan {plan.plan_id} {message}", details=details)
