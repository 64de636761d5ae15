"""PLATO's REST endpoints for policies, governance and feedback on decisions."""

from __future__ import annotations

from aiohttp import web

from sandbox.contracts.ids import new_id
from sandbox.contracts.instants import format_instant
from sandbox.contracts.node_id import NODE_ID_MESSAGE, RimNodeId
from sandbox.services.http import ApiError, Exchange, FieldError, Pagination, Route
from sandbox.services.plato.bodies import EvaluateBody, FeedbackBody, ListPolicies
from sandbox.services.plato.governance import Governance
from sandbox.services.plato.plan_run import Bench
from sandbox.services.plato.policies import Action
from sandbox.services.plato.shapes import EvaluationShape, FeedbackShape, GovernanceShape, PolicyShape
from sandbox.services.rooms import Rooms

__all__ = ["PolicyRoutes"]


class PolicyRoutes:
    def __init__(self, bench: Bench, governance: Governance, rooms: Rooms) -> None:
        self._store = bench.store
        self._clock = bench.clock
        self._governance = governance
        self._rooms = rooms

    def routes(self) -> list[Route]:
        return [
            Route(
                "GET",
                "/api/v1/policies",
                self.list,
                query=ListPolicies,
                many=True,
                response_model=PolicyShape,
                summary="List policies",
            ),
            Route("GET", "/api/v1/policies/{id}", self.get, response_model=PolicyShape, summary="Get a policy"),
            Route(
                "POST",
                "/api/v1/policies/evaluate",
                self.evaluate,
                body=EvaluateBody,
                response_model=EvaluationShape,
                summary="Judge an action",
            ),
            Route(
                "GET",
                "/api/v1/governance/status/{entityId:path}",
                self.status,
                response_model=GovernanceShape,
                summary="An entity's governance",
            ),
            Route(
                "POST",
                "/api/v1/decisions/{id}/feedback",
                self.feedback,
                body=FeedbackBody,
                status=201,
                response_model=FeedbackShape,
                summary="Say how a decision turned out",
            ),
        ]

    async def list(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListPolicies)
        field, descending = query.order
        found = self._store.policies(self._rooms.enter(exchange.tenant), query.category)
        found.sort(key=lambda policy: getattr(policy, field), reverse=descending)
        shown = found[query.offset : query.offset + query.size]
        return exchange.page([each.to_json() for each in shown], Pagination(query.page, query.size, len(found)))

    async def get(self, exchange: Exchange) -> web.Response:
        policy = self._store.policy(self._rooms.enter(exchange.tenant), exchange.path["id"])
        if policy is None:
            raise ApiError.not_found(f"Policy {exchange.path['id']}")
        return exchange.ok(policy.to_json())

    async def evaluate(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(EvaluateBody)
        action = Action(
            entity_id=body.entity_id, action_type=body.action_type, context=body.context, risk_score=body.risk_score
        )
        judgement = self._governance.judge(self._rooms.enter(exchange.tenant), action, exchange.trace)
        return exchange.ok({"entityId": body.entity_id, "actionType": body.action_type, **judgement.to_json()})

    async def status(self, exchange: Exchange) -> web.Response:
        entity_id = exchange.path["entityId"]
        if not RimNodeId.is_valid(entity_id):
            raise ApiError.invalid([FieldError("entityId", NODE_ID_MESSAGE)])
        return exchange.ok(self._governance.status(self._rooms.enter(exchange.tenant), entity_id))

    async def feedback(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(FeedbackBody)
        tenant, decision_id = self._rooms.enter(exchange.tenant), exchange.path["id"]
        if not self._store.knows_decision(tenant, decision_id):
            raise ApiError.not_found(f"Decision {decision_id}")
        feedback = {
            "feedbackId": new_id("fb_"),
            "decisionId": decision_id,
            **body.model_dump(by_alias=True),
            "createdAt": format_instant(self._clock.now_ms()),
        }
        self._store.save_feedback(tenant, feedback["feedbackId"], decision_id, feedback)
        return exchange.ok(feedback, 201)
