"""Ambient traffic: passed on to the engine."""

from __future__ import annotations

from aiohttp import web

from sandbox.control.engine_handlers import answer
from sandbox.control.ports import Engine
from sandbox.control.request import read_body
from sandbox.control.traffic_models import TrafficRequest, TrafficState

__all__ = ["TrafficHandlers"]


class TrafficHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def traffic(self, _: web.Request) -> web.Response:
        return answer(TrafficState, self._engine.traffic.state())

    async def start_traffic(self, request: web.Request) -> web.Response:
        body = await read_body(request, TrafficRequest)
        return answer(TrafficState, self._engine.traffic.start(body.rate_per_s, body.seed), status=201)

    async def stop_traffic(self, _: web.Request) -> web.Response:
        return answer(TrafficState, await self._engine.traffic.stop())
