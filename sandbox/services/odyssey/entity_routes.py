"""ODYSSEY's REST endpoints for the world: its entities with their history, what is not known, past episodes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.contracts.ids import new_id
from sandbox.contracts.instants import format_instant
from sandbox.contracts.node_id import NODE_ID_MESSAGE, RimNodeId
from sandbox.services.http import ApiError, Exchange, FieldError, Pagination, Route
from sandbox.services.odyssey.entity import Entity
from sandbox.services.odyssey.history import CapsuleHistory
from sandbox.services.odyssey.queries import HistoryQuery, ListEntities, ListEpisodes
from sandbox.services.odyssey.shapes import EntityShape, EpisodeShape, HistoryShape, IgnoranceShape, WorldStateShape
from sandbox.services.odyssey.world import Slice, World
from sandbox.services.rooms import Rooms

__all__ = ["EntityRoutes"]

SHOWN_ENTITIES = 200
IGNORANT = 0.5
_COLUMNS = {"stress": "stress", "updatedAt": "updated_at_ms", "entityId": "entity_id", "timestamp": "at_ms"}


class EntityRoutes:
    def __init__(self, world: World, history: CapsuleHistory, rooms: Rooms, clock: Clock) -> None:
        self._world = world
        self._history = history
        self._rooms = rooms
        self._clock = clock

    def routes(self) -> list[Route]:
        at = "/api/v1/entities"
        return [
            Route(
                "GET",
                "/api/v1/world-state",
                self.world_state,
                response_model=WorldStateShape,
                summary="The world as it stands",
            ),
            Route(
                "GET", at, self.list, query=ListEntities, many=True, response_model=EntityShape, summary="List entities"
            ),
            Route(
                "GET",
                f"{at}/{{id:path}}/history",
                self.history,
                query=HistoryQuery,
                many=True,
                response_model=HistoryShape,
                summary="An entity's history, from CAPSULE through the circuit breaker",
            ),
            Route("GET", f"{at}/{{id:path}}", self.get, response_model=EntityShape, summary="Get an entity"),
            Route(
                "GET", "/api/v1/ignorance", self.ignorance, response_model=IgnoranceShape, summary="What is not known"
            ),
            Route(
                "GET",
                "/api/v1/episodes",
                self.episodes,
                query=ListEpisodes,
                many=True,
                response_model=EpisodeShape,
                summary="Past reflexes",
            ),
        ]

    async def world_state(self, exchange: Exchange) -> web.Response:
        """At most SHOWN_ENTITIES entities, those in most stress; the metrics count all."""
        tenant = self._rooms.enter(exchange.tenant)
        entities, _ = self._world.entities(tenant, Slice("stress", limit=SHOWN_ENTITIES))
        watches = [
            {"sourceId": actor.actor_id, "targetId": scope_id, "type": "WATCHES"}
            for actor in self._world.actors(tenant)
            for scope_id in actor.scope_ids
        ]
        state = {
            "snapshotId": new_id("ws_"),
            "timestamp": format_instant(self._clock.now_ms()),
            "entities": [entity.to_json() for entity in entities],
            "relationships": watches,
            "aggregateMetrics": self._world.aggregates(tenant),
        }
        return exchange.ok(state)

    async def list(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListEntities)
        field, descending = query.order
        part = Slice(_COLUMNS[field], query.offset, query.size, descending)
        found, total = self._world.entities(self._rooms.enter(exchange.tenant), part)
        return exchange.page([each.to_json() for each in found], Pagination(query.page, query.size, total))

    async def get(self, exchange: Exchange) -> web.Response:
        entity_id = _entity_id(exchange)
        entity = self._world.entity(self._rooms.enter(exchange.tenant), entity_id)
        if entity is None:
            raise ApiError.not_found(f"Entity {entity_id}")
        return exchange.ok(entity.to_json())

    async def history(self, exchange: Exchange) -> web.Response:
        """200 with no data and `meta.degraded` when CAPSULE cannot be asked: the breaker's fallback."""
        entity_id, query = _entity_id(exchange), exchange.query(HistoryQuery)
        history = await self._history.read(entity_id, query.from_, query.to, exchange.trace)
        meta: dict[str, Any] = {"degraded": history.degraded}
        if history.cause:
            meta["cause"] = history.cause
        return exchange.ok(list(history.capsules), meta=meta)

    async def ignorance(self, exchange: Exchange) -> web.Response:
        """The fewer capsules there are of an entity, the less is known of it."""
        tenant = self._rooms.enter(exchange.tenant)
        entities, _ = self._world.entities(tenant, Slice("stress", limit=SHOWN_ENTITIES))
        unknown = sorted((each for each in entities if each.ignorance >= IGNORANT), key=lambda each: -each.ignorance)
        by_domain: dict[str, list[Entity]] = {}
        for entity in entities:
            by_domain.setdefault(RimNodeId.parse(entity.entity_id).namespace, []).append(entity)
        surface = {
            "regions": [_region(each) for each in unknown],
            "overallIgnorance": _mean(entities),
            "highUncertaintyNodeIds": [each.entity_id for each in unknown],
            "byDomain": {domain: _mean(members) for domain, members in sorted(by_domain.items())},
        }
        return exchange.ok(surface)

    async def episodes(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListEpisodes)
        field, descending = query.order
        size = query.limit or query.size
        part = Slice(_COLUMNS[field], query.page * size, size, descending)
        found, total = self._world.episodes(self._rooms.enter(exchange.tenant), part, query.scope_id)
        return exchange.page([each.to_json() for each in found], Pagination(query.page, size, total))


def _entity_id(exchange: Exchange) -> str:
    entity_id = exchange.path["id"]
    if not RimNodeId.is_valid(entity_id):
        raise ApiError.invalid([FieldError("id", NODE_ID_MESSAGE)])
    return entity_id


def _region(entity: Entity) -> dict[str, Any]:
    known = f"{entity.capsules} capsules" if entity.capsules != 1 else "1 capsule"
    return {
        "regionId": f"region:{entity.entity_id}",
        "description": f"{entity.entity_id} is known by {known}, its status is {entity.status}",
        "severity": "HIGH" if entity.ignorance >= 0.8 else "MEDIUM",
        "affectedEntityIds": [entity.entity_id],
        "recommendedAction": "publish more events of it" if entity.capsules else "publish its first event",
    }


def _mean(entities: list[Entity]) -> float:
    return round(sum(each.ignorance for each in entities) / len(entities), 6) if entities else 0.0
