"""Resets through the control API."""

from __future__ import annotations

from aiohttp import web

from sandbox.control import reset_models as models
from sandbox.control.engine_handlers import answer
from sandbox.control.ports import Engine
from sandbox.control.request import read_body

__all__ = ["ResetHandlers"]


class ResetHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def reset_services(self, request: web.Request) -> web.Response:
        body = await read_body(request, models.ResetRequest)
        return answer(models.ServicesReset, await self._engine.resets.reset(body.services))

    async def reset_everything(self, _: web.Request) -> web.Response:
        return answer(models.EverythingReset, await self._engine.full_reset.run())
