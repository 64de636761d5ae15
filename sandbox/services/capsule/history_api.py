"""`/api/v1/history`: what happened to an entity."""

from __future__ import annotations

from aiohttp import web

from sandbox.contracts.envelope import ApiError, FieldError
from sandbox.contracts.node_id import NODE_ID_MESSAGE, RimNodeId
from sandbox.services.capsule.capsule_api import READ, page_of_capsules
from sandbox.services.capsule.capsules import CapsuleFilter, Capsules
from sandbox.services.capsule.requests import CapsuleQuery, HistoryQuery, RangeQuery
from sandbox.services.capsule.shapes import CapsuleShape
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.route import Route

__all__ = ["HistoryApi"]

PREFIX = "/api/v1/history"


class HistoryApi:
    def __init__(self, capsules: Capsules) -> None:
        self._capsules = capsules

    def routes(self) -> list[Route]:
        scope = f"{PREFIX}/{{scopeId:path}}"
        return [
            Route("GET", PREFIX, self.query, READ, CapsuleShape, CapsuleQuery, many=True, summary="Query history"),
            Route("GET", scope, self.of_scope, READ, CapsuleShape, HistoryQuery, many=True, summary="Entity history"),
            Route("GET", f"{scope}/latest", self.latest, READ, CapsuleShape, summary="Latest capsule of an entity"),
            Route(
                "GET", f"{scope}/range", self.range, READ, CapsuleShape, RangeQuery, many=True,
                summary="Entity history between two instants, oldest first",
            ),
        ]  # fmt: skip

    async def query(self, exchange: Exchange) -> web.Response:
        query = exchange.query(CapsuleQuery)
        return await page_of_capsules(exchange, self._capsules, query, query.scope_id)

    async def of_scope(self, exchange: Exchange) -> web.Response:
        return await page_of_capsules(exchange, self._capsules, exchange.query(HistoryQuery), _scope(exchange))

    async def range(self, exchange: Exchange) -> web.Response:
        return await page_of_capsules(exchange, self._capsules, exchange.query(RangeQuery), _scope(exchange))

    async def latest(self, exchange: Exchange) -> web.Response:
        scope_id = _scope(exchange)
        found = await self._capsules.page(CapsuleFilter(exchange.tenant, scope_id), size=1)
        if not found:
            raise ApiError.not_found(f"Capsule of {scope_id}")
        return exchange.ok_json(found[0])


def _scope(exchange: Exchange) -> str:
    scope_id = exchange.path["scopeId"]
    if not RimNodeId.is_valid(scope_id):
        raise ApiError.invalid([FieldError("scopeId", NODE_ID_MESSAGE)])
    return scope_id
