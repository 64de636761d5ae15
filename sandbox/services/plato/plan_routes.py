"""PLATO's REST endpoints for plans, and the stream of their runs."""

from __future__ import annotations

from aiohttp import web

from sandbox.contracts.tracing import TENANT_ID, TraceContext
from sandbox.services.http import ApiError, Exchange, FieldError, Pagination, Route
from sandbox.services.plato.bodies import ApprovalBody, CancelBody, CreatePlan, ExecuteBody, ListPlans
from sandbox.services.plato.plan import Plan
from sandbox.services.plato.plan_run import Bench
from sandbox.services.plato.plans import Plans
from sandbox.services.plato.shapes import ApprovalShape, ExecutionShape, PlanShape, PlanStatusShape
from sandbox.services.plato.store import Slice
from sandbox.services.plato.stream import PlanStreams
from sandbox.services.rooms import Rooms

__all__ = ["PlanRoutes"]

_COLUMNS = {"createdAt": "created_at_ms", "name": "name", "status": "status"}


class PlanRoutes:
    def __init__(self, bench: Bench, plans: Plans, streams: PlanStreams, rooms: Rooms) -> None:
        self._bench = bench
        self._plans = plans
        self._streams = streams
        self._rooms = rooms

    def routes(self) -> list[Route]:
        at = "/api/v1/plans"
        return [
            Route("GET", at, self.list, query=ListPlans, many=True, response_model=PlanShape, summary="List plans"),
            Route(
                "POST",
                at,
                self.create,
                "execute:plans",
                body=CreatePlan,
                status=201,
                response_model=PlanShape,
                summary="Create a plan",
            ),
            Route("GET", f"{at}/{{id}}", self.get, response_model=PlanShape, summary="Get a plan"),
            Route(
                "GET", f"{at}/{{id}}/status", self.status, response_model=PlanStatusShape, summary="Get a plan's status"
            ),
            Route(
                "POST",
                f"{at}/{{id}}/execute",
                self.execute,
                "execute:plans",
                body=ExecuteBody,
                status=202,
                response_model=ExecutionShape,
                summary="Execute a plan",
            ),
            Route(
                "POST",
                f"{at}/{{id}}/cancel",
                self.cancel,
                "execute:plans",
                body=CancelBody,
                response_model=PlanShape,
                summary="Cancel a plan",
            ),
            Route(
                "POST",
                f"{at}/{{id}}/approve",
                self.approve,
                "execute:plans",
                body=ApprovalBody,
                response_model=ApprovalShape,
                summary="Approve or reject a plan",
            ),
            Route("GET", "/ws/plans/{id}", self.stream, summary="Stream a plan's run"),
        ]

    async def list(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListPlans)
        field, descending = query.order
        part = Slice(query.offset, query.size, _COLUMNS[field], descending)
        found, total = self._bench.store.plans(self._rooms.enter(exchange.tenant), part, query.status)
        return exchange.page([self._json(plan) for plan in found], Pagination(query.page, query.size, total))

    async def create(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(CreatePlan)
        tenant = self._rooms.enter(exchange.tenant)
        if body.spec_id is not None and self._bench.store.spec(tenant, body.spec_id) is None:
            raise ApiError.invalid([FieldError("specId", f"names no spec: {body.spec_id}")])
        plan = self._plans.create(
            tenant, exchange.trace, name=body.name, steps=body.plan_steps(), plan_id=body.plan_id,
            description=body.description, spec_id=body.spec_id, context=body.context,
            approval_required=body.approval_required,
        )  # fmt: skip
        return exchange.ok(self._json(plan), 201, headers={"Location": f"/api/v1/plans/{plan.plan_id}"})

    async def get(self, exchange: Exchange) -> web.Response:
        return exchange.ok(self._json(self._plan(exchange)))

    async def status(self, exchange: Exchange) -> web.Response:
        plan = self._plan(exchange)
        done = sum(step.status == "COMPLETED" for step in plan.steps)
        current = next((step.step_id for step in plan.steps if step.status == "EXECUTING"), None)
        progress = round(100 * done / len(plan.steps))
        state = {"planId": plan.plan_id, "status": plan.status.value, "runId": plan.run_id, "progress": progress}
        return exchange.ok({**state, "currentStep": current, "completedSteps": done, "totalSteps": len(plan.steps)})

    async def execute(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(ExecuteBody, optional=True)
        plan = self._plan(exchange)
        run = self._plans.execute(plan, exchange.trace, body.mode)
        running = self._json(self._plans.get(plan.tenant, plan.plan_id))
        return exchange.ok(
            {**running, "runId": run.run_id, "mode": run.mode, "stream": f"/ws/plans/{plan.plan_id}"}, 202
        )

    async def cancel(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(CancelBody, optional=True)
        return exchange.ok(self._json(await self._plans.cancel(self._plan(exchange), exchange.trace, body.reason)))

    async def approve(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(ApprovalBody, optional=True)
        by = body.approved_by or exchange.principal.name
        plan = self._plans.decide(
            self._plan(exchange), exchange.trace, approved=body.approved, by=by, reason=body.reason
        )
        approval = plan.approval.to_json() if plan.approval else {}
        return exchange.ok({**approval, "planId": plan.plan_id})

    async def stream(self, exchange: Exchange) -> web.StreamResponse:
        """Browsers cannot send headers with a handshake: they name their tenant as `?tenantId=`."""
        asked = TraceContext.accept({TENANT_ID: exchange.request.query.get("tenantId", "")}).tenant
        tenant = self._rooms.enter(exchange.trace.tenant or asked or exchange.tenant)
        plan = self._plans.get(tenant, exchange.path["id"])
        return await self._streams.serve(
            exchange, tenant, plan.plan_id, begin=lambda: self._plans.start_seeded(plan, exchange.trace)
        )

    def _plan(self, exchange: Exchange) -> Plan:
        return self._plans.get(self._rooms.enter(exchange.tenant), exchange.path["id"])

    def _json(self, plan: Plan) -> dict[str, object]:
        return plan.to_json(self._plans.artifacts(plan))
