"""ODYSSEY's REST endpoints for paths, actors and strategies. A change of a path or an actor is published, then kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.services.http import ApiError, ErrorCode, Exchange, Pagination, Route
from sandbox.services.odyssey.actor import Actor, Strategy
from sandbox.services.odyssey.path import NarrativePath
from sandbox.services.odyssey.queries import ListActors, ListPaths, ModelBody, WeightBody
from sandbox.services.odyssey.shapes import ActorShape, PathShape, StrategyShape
from sandbox.services.odyssey.world import Slice, World
from sandbox.services.ports import Publisher
from sandbox.services.rooms import Rooms

__all__ = ["PathRoutes"]

_COLUMNS = {"weight": "weight", "updatedAt": "updated_at_ms", "horizon": "horizon"}


class PathRoutes:
    def __init__(self, world: World, publisher: Publisher, rooms: Rooms, clock: Clock) -> None:
        self._world = world
        self._publisher = publisher
        self._rooms = rooms
        self._clock = clock

    def routes(self) -> list[Route]:
        weight = "/api/v1/strategies/{id}/weight"
        return [
            Route(
                "GET",
                "/api/v1/paths",
                self.paths,
                query=ListPaths,
                many=True,
                response_model=PathShape,
                summary="List narrative paths",
            ),
            Route("GET", "/api/v1/paths/{id}", self.path, response_model=PathShape, summary="Get a narrative path"),
            Route(
                "PUT",
                "/api/v1/paths/{id}/weight",
                self.weigh_path,
                body=WeightBody,
                response_model=PathShape,
                summary="Set a path's weight",
            ),
            Route(
                "GET",
                "/api/v1/actors",
                self.actors,
                query=ListActors,
                many=True,
                response_model=ActorShape,
                summary="List actors",
            ),
            Route("GET", "/api/v1/actors/{id:path}", self.actor, response_model=ActorShape, summary="Get an actor"),
            Route(
                "PUT",
                "/api/v1/actors/{id:path}/model",
                self.model_actor,
                body=ModelBody,
                response_model=ActorShape,
                summary="Change an actor's model",
            ),
            Route("GET", weight, self.strategy, response_model=StrategyShape, summary="Get a strategy's weight"),
            Route(
                "PUT",
                weight,
                self.weigh_strategy,
                body=WeightBody,
                response_model=StrategyShape,
                summary="Set a strategy's weight",
            ),
        ]

    async def paths(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListPaths)
        field, descending = query.order
        part = Slice(_COLUMNS[field], query.offset, query.size, descending)
        found, total = self._world.paths(self._rooms.enter(exchange.tenant), part, query.scope_id, query.horizon)
        return exchange.page([each.to_json() for each in found], Pagination(query.page, query.size, total))

    async def path(self, exchange: Exchange) -> web.Response:
        return exchange.ok(self._path(exchange).to_json())

    async def weigh_path(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(WeightBody)
        path = replace(self._path(exchange), weight=body.weight, updated_at_ms=self._clock.now_ms())
        update = path.to_update(capsule_ids=[], plan_id=path.plan_ids[-1] if path.plan_ids else None)
        await self._publish(exchange, "odyssey.paths", update, path.entity_id)
        self._world.save_path(path)
        return exchange.ok(path.to_json())

    async def actors(self, exchange: Exchange) -> web.Response:
        query = exchange.query(ListActors)
        tenant = self._rooms.enter(exchange.tenant)
        field, descending = query.order
        found = self._world.actors(tenant, query.scope_id)
        found.sort(key=lambda actor: actor.name if field == "name" else actor.actor_id, reverse=descending)
        shown = [self._actor_json(actor) for actor in found[query.offset : query.offset + query.size]]
        return exchange.page(shown, Pagination(query.page, query.size, len(found)))

    async def actor(self, exchange: Exchange) -> web.Response:
        return exchange.ok(self._actor_json(self._actor(exchange)))

    async def model_actor(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(ModelBody)
        actor = self._actor(exchange)
        changed = replace(actor, profile={**actor.profile, body.parameter: body.value})
        update = {
            "actor_id": actor.actor_id,
            "actor_type": actor.actor_type,
            "timestamp": self._clock.now_ms(),
            "parameter": body.parameter,
            "value": body.value,
        }
        await self._publish(exchange, "odyssey.actors", update, actor.actor_id)
        self._world.save_actor(changed)
        return exchange.ok(self._actor_json(changed))

    async def strategy(self, exchange: Exchange) -> web.Response:
        return exchange.ok(self._strategy(exchange).to_json())

    async def weigh_strategy(self, exchange: Exchange) -> web.Response:
        body = await exchange.body(WeightBody)
        changed = replace(self._strategy(exchange), weight=body.weight, updated_at_ms=self._clock.now_ms())
        self._world.save_strategy(changed)
        return exchange.ok(changed.to_json())

    def _path(self, exchange: Exchange) -> NarrativePath:
        path = self._world.path(self._rooms.enter(exchange.tenant), exchange.path["id"])
        if path is None:
            raise ApiError.not_found(f"Path {exchange.path['id']}")
        return path

    def _actor(self, exchange: Exchange) -> Actor:
        actor = self._world.actor(self._rooms.enter(exchange.tenant), exchange.path["id"])
        if actor is None:
            raise ApiError.not_found(f"Actor {exchange.path['id']}")
        return actor

    def _strategy(self, exchange: Exchange) -> Strategy:
        strategy = self._world.strategy(self._rooms.enter(exchange.tenant), exchange.path["id"])
        if strategy is None:
            raise ApiError.not_found(f"Strategy {exchange.path['id']}")
        return strategy

    def _actor_json(self, actor: Actor) -> dict[str, Any]:
        paths = [
            path.path_id
            for scope_id in actor.scope_ids
            for path in self._world.paths(actor.tenant, Slice("weight", limit=50), scope_id)[0]
        ]
        return actor.to_json(paths)

    async def _publish(self, exchange: Exchange, topic: str, value: Mapping[str, Any], key: str) -> None:
        try:
            await self._publisher.publish(topic, value, key=key, trace=exchange.trace)
        except UpstreamUnavailable as error:
            raise ApiError(ErrorCode.SERVICE_UNAVAILABLE, f"{topic} cannot be published", retry_after_s=1) from error
        except UsageError as error:
            # A contract that was swapped does not take it; nothing is kept either.
            raise ApiError(ErrorCode.INTERNAL_ERROR, f"{topic} cannot be published: {error.message}") from error
