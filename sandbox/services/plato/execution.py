"""Which plans run: one task per run, a plan has at most one run at a time."""

from __future__ import annotations

import asyncio
import logging

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.contracts.ids import new_id
from sandbox.contracts.tracing import TraceContext
from sandbox.services.plato.plan import Plan, PlanStatus
from sandbox.services.plato.plan_run import Bench, PlanRun
from sandbox.services.plato.runs import Run

__all__ = ["Executor"]

RUNS_AT_ONCE = 2_000
_log = logging.getLogger(__name__)


class Executor:
    """`start` begins a run and returns at once; `cancel` ends one; `stop` ends all where they stand."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._cancelled: dict[str, str] = {}

    @property
    def running(self) -> int:
        return len(self._tasks)

    def start(self, plan: Plan, trace: TraceContext, mode: str = "LIVE") -> Run:
        """Begin a run of `plan`, or return the one that is going. Raises ApiError 503 when too many plans run."""
        latest = self._bench.log.latest(plan.tenant, plan.plan_id)
        if latest is not None and (plan.tenant, plan.plan_id) in self._tasks:
            return latest
        if len(self._tasks) >= RUNS_AT_ONCE:
            raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, f"{RUNS_AT_ONCE} plans are running", retry_after_s=1)
        run = Run(
            run_id=new_id("run_"), tenant=plan.tenant, plan_id=plan.plan_id, mode=mode, state="RUNNING",
            number=latest.number + 1 if latest else 1, started_at_ms=self._bench.clock.now_ms(), trace=trace.child(),
        )  # fmt: skip
        work = PlanRun(self._bench, run, plan)
        work.begin()
        task = asyncio.create_task(self._perform(run, work), name=f"run of {plan.plan_id}")
        self._tasks[plan.tenant, plan.plan_id] = task
        task.add_done_callback(lambda done: self._done(done, run, work))
        return run

    async def cancel(self, plan: Plan, reason: str) -> bool:
        """End the plan's run and wait for its end; False when it has none."""
        task = self._tasks.get((plan.tenant, plan.plan_id))
        if task is None or plan.run_id is None:
            return False
        self._cancelled[plan.run_id] = reason
        task.cancel()
        await asyncio.wait([task])
        return True

    async def stop(self) -> None:
        """End all runs where they stand; `recover` closes their logs at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def recover(self) -> int:
        """Fail the runs that an earlier process left unfinished; returns how many there were."""
        unfinished = self._bench.log.unfinished()
        for run in unfinished:
            plan = self._bench.store.plan(run.tenant, run.plan_id)
            if plan is not None:
                PlanRun(self._bench, run, plan).fail("PLATO was stopped during the run")
        return len(unfinished)

    async def _perform(self, run: Run, work: PlanRun) -> None:
        try:
            await work.perform()
        except asyncio.CancelledError:
            reason = self._cancelled.pop(run.run_id, None)
            if reason is None:
                raise
            work.fail(reason, PlanStatus.CANCELLED)

    def _done(self, task: asyncio.Task[None], run: Run, work: PlanRun) -> None:
        """The end of a run's task; a defect in a step fails the plan and leaves the others alone."""
        self._tasks.pop((run.tenant, run.plan_id), None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error(
                "run %s of %s ended by a defect", run.run_id, run.plan_id, exc_info=error, extra={"trace": run.trace}
            )
            work.fail(f"internal error: {type(error).__name__}")
