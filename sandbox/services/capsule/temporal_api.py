"""`/api/v1/temporal` and `/api/v1/counterfactuals`: an entity at a moment, over time, and as it might have been."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.contracts.envelope import ApiError, Pagination
from sandbox.contracts.instants import format_instant
from sandbox.services.capsule.capsule_api import READ
from sandbox.services.capsule.capsules import Capsules
from sandbox.services.capsule.requests import CounterfactualQuery, EvolutionQuery, SliceQuery
from sandbox.services.capsule.shapes import CounterfactualShape, TemporalSliceShape
from sandbox.services.capsule.temporal import SLICES_LIMIT, slice_at, slices_between
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.route import Route

__all__ = ["TemporalApi"]


class TemporalApi:
    def __init__(self, capsules: Capsules) -> None:
        self._capsules = capsules

    def routes(self) -> list[Route]:
        return [
            Route(
                "GET", "/api/v1/temporal/slice", self.slice, READ, TemporalSliceShape, SliceQuery,
                summary="State of an entity at a moment",
            ),
            Route(
                "GET", "/api/v1/temporal/evolution", self.evolution, READ, TemporalSliceShape, EvolutionQuery,
                many=True, summary="State of an entity over time",
            ),
            Route(
                "GET", "/api/v1/counterfactuals", self.counterfactuals, READ, CounterfactualShape, CounterfactualQuery,
                many=True, summary="What might have been, newest first",
            ),
        ]  # fmt: skip

    async def slice(self, exchange: Exchange) -> web.Response:
        query = exchange.query(SliceQuery)
        tenant, scope_id, at_ms = exchange.tenant, query.scope_id, query.timestamp
        found = self._capsules.store.read_with(lambda connection: slice_at(connection, tenant, scope_id, at_ms))
        if found is None:
            raise ApiError.not_found(f"State of {scope_id} at {format_instant(at_ms)}")
        return exchange.ok(found)

    async def evolution(self, exchange: Exchange) -> web.Response:
        query = exchange.query(EvolutionQuery)
        tenant = exchange.tenant
        slices = await self._capsules.store.read_in_thread(
            lambda connection: slices_between(
                connection, tenant, query.scope_id, query.from_, query.to, query.resolution
            )
        )
        is_cut = (query.to - query.from_) // (query.resolution * 1000) >= SLICES_LIMIT
        return _all(exchange, slices, {"truncated": True} if is_cut else None)

    async def counterfactuals(self, exchange: Exchange) -> web.Response:
        query = exchange.query(CounterfactualQuery)
        bodies = self._capsules.with_counterfactual(exchange.tenant, query.scope_id, query.limit)
        return _all(exchange, [_counterfactual(json.loads(body)) for body in bodies])


def _all(exchange: Exchange, items: list[dict[str, Any]], meta: Mapping[str, Any] | None = None) -> web.Response:
    return exchange.page(items, Pagination(0, max(len(items), 1), len(items)), meta)


def _counterfactual(capsule: dict[str, Any]) -> dict[str, Any]:
    """A capsule's counterfactual dimension as REST shows it; what it does not say is filled in plainly."""
    dimension = capsule["content"]["counterfactual"]
    probability = dimension.get("probability")
    alternate = dimension.get("alternateState")
    evidence = dimension.get("supportingEvidence")
    return {
        "counterfactualId": capsule["capsuleId"].replace("cap_", "cf_", 1),
        "scopeId": capsule["scopeId"],
        "hypothesis": str(dimension.get("hypothesis", f"{capsule['scopeId']} had been otherwise")),
        "alternateState": alternate if isinstance(alternate, dict) else dimension,
        "probability": probability if isinstance(probability, int | float) else 0.5,
        "supportingEvidence": [str(each) for each in evidence]
        if isinstance(evidence, list)
        else [capsule["capsuleId"]],
    }
