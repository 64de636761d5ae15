"""`/api/v1/lineage`: a capsule's chain up to its root, and what lies above and below it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from aiohttp import web

from sandbox.contracts.envelope import ApiError, Pagination
from sandbox.services.capsule.capsule_api import READ
from sandbox.services.capsule.capsules import Capsules
from sandbox.services.capsule.lineage import Link, ancestors, derived, descendants, find_link
from sandbox.services.capsule.requests import LineageQuery
from sandbox.services.capsule.shapes import CapsuleShape, LineageChainShape
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.route import Route

__all__ = ["LineageApi"]

PREFIX = "/api/v1/lineage/{id}"
Walk = Callable[[sqlite3.Connection, str, Link], list[Link]]


class LineageApi:
    def __init__(self, capsules: Capsules) -> None:
        self._capsules = capsules

    def routes(self) -> list[Route]:
        def listed(part: str, handler: Callable, summary: str, query: type[LineageQuery] | None) -> Route:
            return Route("GET", f"{PREFIX}/{part}", handler, READ, CapsuleShape, query, many=True, summary=summary)

        return [
            Route("GET", PREFIX, self.chain, READ, LineageChainShape, LineageQuery, summary="Chain up to the root"),
            listed("ancestors", self.ancestors, "Capsules that this one comes from, nearest first", LineageQuery),
            listed("descendants", self.descendants, "Capsules that come from this one, nearest first", LineageQuery),
            listed("derived", self.derived, "Capsules that named this one as their parent", None),
        ]

    async def chain(self, exchange: Exchange) -> web.Response:
        depth = exchange.query(LineageQuery).depth
        # One more than shown, to know the parent of the last one.
        link, above = await self._walk(exchange, lambda *found: ancestors(*found, depth + 1))
        line = [link, *above]
        shown = line[: depth + 1]
        nodes = [each.to_node(parent) for each, parent in zip(shown, [*line[1:], None], strict=False)]
        return exchange.ok({"rootCapsuleId": shown[-1].capsule_id, "nodes": nodes, "depth": len(nodes) - 1})

    async def ancestors(self, exchange: Exchange) -> web.Response:
        depth = exchange.query(LineageQuery).depth
        return await self._listed(exchange, lambda *found: ancestors(*found, depth))

    async def descendants(self, exchange: Exchange) -> web.Response:
        depth = exchange.query(LineageQuery).depth
        return await self._listed(exchange, lambda *found: descendants(*found, depth))

    async def derived(self, exchange: Exchange) -> web.Response:
        return await self._listed(exchange, derived)

    async def _listed(self, exchange: Exchange, walk: Walk) -> web.Response:
        _, found = await self._walk(exchange, walk)
        pagination = Pagination(0, max(len(found), 1), len(found))
        return exchange.page_json([each.body for each in found], pagination)

    async def _walk(self, exchange: Exchange, walk: Walk) -> tuple[Link, list[Link]]:
        capsule_id, tenant = exchange.path["id"], exchange.tenant

        def read(connection: sqlite3.Connection) -> tuple[Link, list[Link]] | None:
            link = find_link(connection, tenant, capsule_id)
            return None if link is None else (link, walk(connection, tenant, link))

        found = await self._capsules.store.read_in_thread(read)
        if found is None:
            raise ApiError.not_found(f"Capsule {capsule_id}")
        return found
