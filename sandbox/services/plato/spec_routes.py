"""PLATO's REST endpoints for specs and their artifacts."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.contracts.ids import new_id
from sandbox.services.http import ApiError, ErrorCode, Exchange, Pagination, Route
from sandbox.services.plato.bodies import CreateSpec, ListArtifacts, ListSpecs
from sandbox.services.plato.plan_run import Bench
from sandbox.services.plato.shapes import ArtifactShape, SpecShape
from sandbox.services.plato.spec import Spec
from sandbox.services.plato.store import Slice
from sandbox.services.rooms import Rooms

__all__ = ["SpecRoutes"]

_COLUMNS = {"createdAt": "created_at_ms", "name": "name", "type": "type"}


class SpecRoutes:
    def __init__(self, bench: Bench, rooms: Rooms) -> None:
        self._store = bench.store
        self._clock = bench.clock
        self._rooms = rooms

    def routes(self) -> list[Route]:
        at = "/api/v1/specs"
        return [
            Route(
                "GET",
                at,
                self.list,
                "read:specs",
                query=ListSpecs,
                many=True,
                response_model=SpecShape,
                summary="List specs",
            ),
            Route(
                "POST",
                at,
                self.create,
                "write:specs",
                body=CreateSpec,
                status=201,
                response_model=SpecShape,
                summary="Create a spec",
            ),
            Route("GET", f"{at}/{{id}}", self.get, "read:specs", response_model=SpecShape, summary="Get a spec"),
            Route(
                "GET",
                f"{at}/{{id}}/artifacts",
                self.artifacts,
                "read:specs",
                query=ListArtifacts,
                many=True,
                response_model=ArtifactShape,
                summary="List a spec's artifacts",
            ),
        ]

    async def list(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListSpecs)
        field, descending = query.order
        part = Slice(query.offset, query.size, _COLUMNS[field], descending)
        found, total = self._store.specs(self._rooms.enter(exchange.tenant), part, query.type)
        return exchange.page([self._json(spec) for spec in found], Pagination(query.page, query.size, total))

    async def create(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(CreateSpec)
        tenant = self._rooms.enter(exchange.tenant)
        if body.spec_id is not None and self._store.spec(tenant, body.spec_id) is not None:
            details = [{"field": "specId", "message": "is taken", "existingId": body.spec_id}]
            raise ApiError(ErrorCode.CONFLICT, f"Spec {body.spec_id} exists", details=details)
        spec = Spec(
            tenant=tenant, spec_id=body.spec_id or new_id("spec_"), name=body.name, type=body.type,
            definition=body.definition, created_at_ms=self._clock.now_ms(),
        )  # fmt: skip
        self._store.save_spec(spec)
        return exchange.ok(self._json(spec), 201, headers={"Location": f"/api/v1/specs/{spec.spec_id}"})

    async def get(self, exchange: Exchange) -> web.Response:
        return exchange.ok(self._json(self._spec(exchange)))

    async def artifacts(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListArtifacts)
        field, descending = query.order
        spec = self._spec(exchange)
        part = Slice(query.offset, query.size, _COLUMNS[field], descending)
        found, total = self._store.artifacts_of_spec(spec.tenant, spec.spec_id, part)
        return exchange.page([each.to_json() for each in found], Pagination(query.page, query.size, total))

    def _spec(self, exchange: Exchange) -> Spec:
        spec = self._store.spec(self._rooms.enter(exchange.tenant), exchange.path["id"])
        if spec is None:
            raise ApiError.not_found(f"Spec {exchange.path['id']}")
        return spec

    def _json(self, spec: Spec) -> dict[str, Any]:
        newest, _ = self._store.artifacts_of_spec(spec.tenant, spec.spec_id, Slice())
        return spec.to_json([each.to_json() for each in newest])
