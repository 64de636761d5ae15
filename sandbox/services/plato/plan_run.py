"""One run of one plan, from its first STEP_STARTED to PLAN_COMPLETED or PLAN_FAILED.

Messages are the seed's, with `planId, runId, sequence, timestamp, stepName, requestId, correlationId, traceparent`
beside them. A run belongs to the trace of the request that executed it; each step is a span of its own. Every change is
kept, streamed and put into the outbox in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import FactSink, PlanFinished, PlanStarted, PlanStepFinished, trace_fields
from sandbox.services.plato.outbox import Outbox
from sandbox.services.plato.plan import Plan, PlanStatus, PlanStep, slug
from sandbox.services.plato.policies import number_of
from sandbox.services.plato.runs import Run, RunLog
from sandbox.services.plato.spec import Artifact
from sandbox.services.plato.steps import StepFailed, StepWork, perform
from sandbox.services.plato.store import Store

__all__ = ["Bench", "PlanRun", "StepFault", "plan_event"]

StepFault = Callable[[Plan, PlanStep], str | None]
"""From a plan and its step to the reason for which the step fails, or None."""
STEP_MS = 120
LONGEST_STEP_MS = 600_000


@dataclass(frozen=True, slots=True)
class Bench:
    """What runs work with. Each of `step_faults` is asked before a step does its work; a reason makes it fail."""

    store: Store
    log: RunLog
    outbox: Outbox
    clock: Clock
    facts: FactSink
    step_faults: list[StepFault] = field(default_factory=list)


class PlanRun:
    """`begin` at once, then `perform` in a task; `fail` ends it from outside."""

    def __init__(self, bench: Bench, run: Run, plan: Plan) -> None:
        self._bench = bench
        self._run = run
        self._plan = plan
        self._status_before = plan.status
        self._results: dict[str, dict[str, Any]] = {}
        self._artifacts: list[Artifact] = []

    def begin(self) -> None:
        """Open the log and set the plan EXECUTING."""
        steps = tuple(replace(step, status="PENDING", result=None, error=None) for step in self._plan.steps)
        with self._bench.store.database.transaction():
            self._bench.log.begin(self._run)
            self._save(
                status=PlanStatus.EXECUTING, steps=steps, run_id=self._run.run_id, artifact_ids=(), completed_at_ms=None
            )
            self._publish("PLAN_EXECUTING", self._run.trace)
        self._record(PlanStarted, self._run.trace, steps=len(steps))

    async def perform(self) -> None:
        """Do the steps in their order, then close the log."""
        try:
            for step in self._plan.steps:
                await self._step(step)
        except StepFailed as failure:
            self.fail(failure.message)
        else:
            self._complete()

    def fail(self, error: str, status: PlanStatus = PlanStatus.FAILED) -> None:
        """Close the log with PLAN_FAILED; `status` CANCELLED when somebody wanted it so. A step under way fails too."""
        event = "PLAN_CANCELLED" if status is PlanStatus.CANCELLED else "PLAN_FAILED"
        with self._bench.store.database.transaction():
            steps = tuple(
                replace(each, status="FAILED", error=error) if each.status == "EXECUTING" else each
                for each in self._plan.steps
            )
            self._save(status=status, steps=steps, completed_at_ms=self._bench.clock.now_ms())
            self._emit("PLAN_FAILED", self._run.trace, status="FAILED", error=error)
            self._finish(status.value)
            self._publish(event, self._run.trace, error=error)
        self._record_finish(status.value)

    def _complete(self) -> None:
        live = self._run.mode == "LIVE"
        made = [{**artifact.to_json(), "kept": live} for artifact in self._artifacts]
        with self._bench.store.database.transaction():
            self._save(
                status=PlanStatus.COMPLETED if live else self._status_before,
                completed_at_ms=self._bench.clock.now_ms() if live else self._plan.completed_at_ms,
            )
            self._emit("PLAN_COMPLETED", self._run.trace, status="SUCCESS", artifacts=made)
            self._finish("COMPLETED")
            self._publish("PLAN_COMPLETED", self._run.trace)
        self._record_finish("COMPLETED")

    async def _step(self, step: PlanStep) -> None:
        """From STEP_STARTED to STEP_COMPLETED or STEP_FAILED; progress goes 0, 50, 100."""
        trace, started_ns = self._run.trace.child(), self._bench.clock.monotonic_ns()
        half_s = _duration_ms(step) / 2000
        self._change(trace, step, "STEP_STARTED", {"progress": 0}, status="EXECUTING")
        try:
            await self._bench.clock.sleep(half_s)
            self._emit("STEP_PROGRESS", trace, step, progress=50)
            for fault in self._bench.step_faults:
                if reason := fault(self._plan, step):
                    raise StepFailed(reason)
            outcome = perform(self._work(step))
            await self._bench.clock.sleep(half_s)
            self._emit("STEP_PROGRESS", trace, step, progress=100)
        except StepFailed as failure:
            reason = failure.message
            self._change(trace, step, "STEP_FAILED", {"error": reason}, status="FAILED", error=reason)
            self._record_step(trace, step, "failed", started_ns)
            raise
        self._results[slug(step.action)] = outcome.result
        self._artifacts.extend(outcome.artifacts)
        with self._bench.store.database.transaction():
            if decision_id := outcome.result.get("decisionId"):
                self._bench.store.save_decision(self._plan.tenant, decision_id, self._plan.plan_id)
            if self._run.mode == "LIVE":
                for artifact in outcome.artifacts:
                    self._bench.store.save_artifact(artifact)
                self._save(artifact_ids=tuple(each.artifact_id for each in self._artifacts))
            message = {"result": outcome.result}
            self._change(trace, step, "STEP_COMPLETED", message, status="COMPLETED", result=outcome.result)
        self._record_step(trace, step, "completed", started_ns)

    def _work(self, step: PlanStep) -> StepWork:
        return StepWork(
            plan=self._plan, step=step, run_id=self._run.run_id, mode=self._run.mode, now_ms=self._bench.clock.now_ms(),
            policies=self._bench.store.policies(self._plan.tenant), results=self._results,
        )  # fmt: skip

    # Telling of it

    def _change(self, trace: TraceContext, step: PlanStep, type_: str, message: dict[str, Any], **changes: Any) -> None:
        """A step's new state: into the plan, the log and the outbox together."""
        with self._bench.store.database.transaction():
            steps = tuple(
                replace(each, **changes) if each.step_id == step.step_id else each for each in self._plan.steps
            )
            self._save(steps=steps)
            self._emit(type_, trace, step, **message)
            self._publish(type_, trace, step=step.step_id, error=message.get("error"))

    def _save(self, **changes: Any) -> None:
        """Keep the plan with `changes`; paths that were linked to it meanwhile stay."""
        stored = self._bench.store.plan(self._plan.tenant, self._plan.plan_id)
        self._plan = replace(self._plan, path_ids=stored.path_ids if stored else (), **changes)
        self._bench.store.save_plan(self._plan)

    def _emit(self, type_: str, trace: TraceContext, step: PlanStep | None = None, **fields: Any) -> None:
        named = {"type": type_, "step": step.step_id} if step else {"type": type_}
        about = {
            "planId": self._plan.plan_id,
            "runId": self._run.run_id,
            "timestamp": format_instant(self._bench.clock.now_ms()),
            "requestId": trace.request_id,
            "correlationId": trace.correlation_id,
            "traceparent": trace.traceparent,
        }
        name = {"stepName": step.action} if step else {}
        self._bench.log.append(self._run, {**named, **fields, **name, **about})

    def _publish(
        self, event_type: str, trace: TraceContext, *, step: str | None = None, error: str | None = None
    ) -> None:
        value = plan_event(self._plan, event_type, self._bench.clock.now_ms(), self._run.run_id, step=step, error=error)
        self._bench.outbox.add("plato.plans", value, key=self._plan.plan_id, trace=trace)

    def _finish(self, state: str) -> None:
        self._bench.log.finish(self._run, state, self._bench.clock.now_ms())

    def _record_step(self, trace: TraceContext, step: PlanStep, outcome: str, started_ns: int) -> None:
        took_ms = (self._bench.clock.monotonic_ns() - started_ns) / 1e6
        self._record(PlanStepFinished, trace, step=step.step_id, outcome=outcome, took_ms=round(took_ms, 3))

    def _record_finish(self, outcome: str) -> None:
        took_ms = self._bench.clock.now_ms() - self._run.started_at_ms
        self._record(PlanFinished, self._run.trace, outcome=outcome, took_ms=float(took_ms))

    def _record(self, fact: Any, trace: TraceContext, **data: Any) -> None:
        about = {"at_ms": self._bench.clock.now_ms(), "source": "plato", **trace_fields(trace)}
        self._bench.facts.record(fact(**about, plan_id=self._plan.plan_id, run_id=self._run.run_id, **data))


def plan_event(
    plan: Plan, event_type: str, at_ms: int, run_id: str | None, *, step: str | None = None, error: str | None = None
) -> dict[str, Any]:
    """The PlanEvent record for `plato.plans`."""
    return {
        "plan_id": plan.plan_id,
        "run_id": run_id,
        "event_type": event_type,
        "timestamp": at_ms,
        "step": step,
        "status": plan.status.value,
        "artifact_ids": list(plan.artifact_ids),
        "error": error,
    }


def _duration_ms(step: PlanStep) -> float:
    given = number_of(step.parameters.get("durationMs", STEP_MS))
    return STEP_MS if given is None or given < 0 else min(given, LONGEST_STEP_MS)
