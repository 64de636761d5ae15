"""Status, components, breakers and the end: passed on to the engine, its answers checked by their models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from sandbox.contracts.limits import LimitsChange
from sandbox.contracts.operations import BREAKER_OPERATIONS, COMPONENT_OPERATIONS
from sandbox.control import models
from sandbox.control.overview_models import Overview
from sandbox.control.ports import Engine
from sandbox.control.request import read_body
from sandbox.errors import UnknownName

__all__ = ["EngineHandlers", "answer"]


def answer(model: type[BaseModel], found: Mapping[str, Any], status: int = 200) -> web.Response:
    """`found` in the form of `model`; an engine that does not keep to the form is a defect, and ends as a 500."""
    return web.Response(
        text=model.model_validate(found).model_dump_json(), status=status, content_type="application/json"
    )


class EngineHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def status(self, _: web.Request) -> web.Response:
        return answer(models.Status, self._engine.status())

    async def overview(self, _: web.Request) -> web.Response:
        return answer(Overview, await self._engine.overview.look())

    async def operate_component(self, request: web.Request) -> web.Response:
        operation = _operation(request, COMPONENT_OPERATIONS)
        found = await self._engine.operate_component(request.match_info["name"], operation)
        return answer(models.Component, found)

    async def breakers(self, _: web.Request) -> web.Response:
        return answer(models.Breakers, {"breakers": await self._engine.breakers()})

    async def operate_breaker(self, request: web.Request) -> web.Response:
        operation = _operation(request, BREAKER_OPERATIONS)
        service, name = request.match_info["service"], request.match_info["name"]
        return answer(models.BreakerState, await self._engine.operate_breaker(service, name, operation))

    async def limits(self, _: web.Request) -> web.Response:
        return answer(models.LimitsByService, {"limits": await self._engine.limits()})

    async def change_limits(self, request: web.Request) -> web.Response:
        change = await read_body(request, LimitsChange)
        found = await self._engine.change_limits(request.match_info["service"], change.model_dump(exclude_none=True))
        return answer(models.Limits, found)

    async def reset_limits(self, request: web.Request) -> web.Response:
        return answer(models.Limits, await self._engine.reset_limits(request.match_info["service"]))

    async def shutdown(self, request: web.Request) -> web.Response:
        body = await read_body(request, models.ShutdownRequest)
        self._engine.shutdown(purge=body.purge)
        return answer(models.Stopping, {}, status=202)


def _operation(request: web.Request, known: tuple[str, ...]) -> str:
    operation = request.match_info["operation"]
    if operation not in known:
        raise UnknownName(
            f"there is no operation {operation!r}", where="operation", hint=f"choose from {', '.join(known)}"
        )
    return operation
