"""`/api/v1/capsules`: list, create, read, delete."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from aiohttp import web

from sandbox.contracts.envelope import ApiError, ErrorCode, Pagination
from sandbox.contracts.ids import new_id
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.capsule.capsules import CapsuleFilter, Capsules, Conflict
from sandbox.services.capsule.requests import BatchRequest, CapsuleQuery, CapsuleRequest, HistoryQuery
from sandbox.services.capsule.shapes import CapsuleShape
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.route import Route

__all__ = ["READ", "WRITE", "CapsuleApi", "page_of_capsules"]

READ, WRITE = "read:capsules", "write:capsules"
PREFIX = "/api/v1/capsules"


class CapsuleApi:
    """`on_posted` is called after a POST is stored: there are snapshots to publish."""

    def __init__(self, capsules: Capsules, on_posted: Callable[[], None], rng: random.Random | None = None) -> None:
        self._capsules = capsules
        self._on_posted = on_posted
        self._rng = rng

    def routes(self) -> list[Route]:
        return [
            Route("GET", PREFIX, self.list, READ, CapsuleShape, CapsuleQuery, many=True, summary="List capsules"),
            Route(
                "POST", PREFIX, self.create, WRITE, CapsuleShape, body=CapsuleRequest, status=201,
                summary="Create a capsule",
            ),
            Route(
                "POST", f"{PREFIX}/batch", self.create_batch, WRITE, CapsuleShape, body=BatchRequest, many=True,
                status=201, summary="Create several capsules, all or none",
            ),
            Route("GET", f"{PREFIX}/{{id}}", self.get, READ, CapsuleShape, summary="Get a capsule"),
            Route("DELETE", f"{PREFIX}/{{id}}", self.delete, WRITE, status=204, summary="Delete a capsule"),
        ]  # fmt: skip

    async def list(self, exchange: Exchange) -> web.Response:
        query = exchange.query(CapsuleQuery)
        return await page_of_capsules(exchange, self._capsules, query, query.scope_id)

    async def get(self, exchange: Exchange) -> web.Response:
        body = self._capsules.find(exchange.tenant, exchange.path["id"])
        if body is None:
            raise ApiError.not_found(f"Capsule {exchange.path['id']}")
        return exchange.ok_json(body)

    async def create(self, exchange: Exchange) -> web.Response:
        capsule = self._capsule(exchange, await exchange.body(CapsuleRequest), "")
        await self._post(exchange, [capsule], [""])
        return exchange.ok(capsule.to_json(), 201, headers={"Location": f"{PREFIX}/{capsule.capsule_id}"})

    async def create_batch(self, exchange: Exchange) -> web.Response:
        requests = (await exchange.body(BatchRequest)).capsules
        places = [f"capsules[{number}]." for number in range(len(requests))]
        made = [self._capsule(exchange, each, place) for each, place in zip(requests, places, strict=True)]
        await self._post(exchange, made, places)
        return exchange.ok([each.to_json() for each in made], 201)

    async def delete(self, exchange: Exchange) -> web.Response:
        if not await self._capsules.delete(exchange.tenant, exchange.path["id"]):
            raise ApiError.not_found(f"Capsule {exchange.path['id']}")
        return exchange.no_content()

    def _capsule(self, exchange: Exchange, request: CapsuleRequest, place: str) -> Capsule:
        parent_id = request.parent_capsule_id
        if parent_id is not None and self._capsules.find(exchange.tenant, parent_id) is None:
            raise ApiError.not_found(f"{place}parentCapsuleId {parent_id}")
        return Capsule(
            capsule_id=new_id("cap_", self._rng),
            tenant=exchange.tenant,
            scope_id=request.scope_id,
            timestamp_ms=request.timestamp,
            created_ms=exchange.clock.now_ms(),
            resolution=request.resolution,
            vantage_mode=request.vantage_mode,
            content=request.dimensions(),
            metadata=request.metadata,
            parent_id=parent_id,
        )

    async def _post(self, exchange: Exchange, capsules: Sequence[Capsule], places: Sequence[str]) -> None:
        try:
            await self._capsules.post(capsules, exchange.trace)
        except Conflict as conflict:
            details = [
                {
                    "field": f"{places[number]}idempotencyKey",
                    "message": "a capsule with this key exists",
                    "existingId": existing_id,
                    "idempotencyKey": key,
                }
                for number, existing_id, key in conflict.existing
            ]
            raise ApiError(ErrorCode.CONFLICT, "A capsule with this idempotency key exists", details=details) from None
        self._on_posted()


async def page_of_capsules(
    exchange: Exchange, capsules: Capsules, query: HistoryQuery, scope_id: str | None
) -> web.Response:
    """One page of the capsules that the query asks for."""
    wanted = CapsuleFilter(exchange.tenant, scope_id, query.from_, query.to)
    order, descending = query.order
    size = query.page_size
    found = await capsules.page(wanted, order=order, descending=descending, offset=query.page * size, size=size)
    return exchange.page_json(found, Pagination(query.page, size, await capsules.total(wanted)))
