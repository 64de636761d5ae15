"""Faults: passed on to the engine."""

from __future__ import annotations

from aiohttp import web

from sandbox.contracts.fault_request import FaultRequest
from sandbox.control.engine_handlers import answer
from sandbox.control.fault_models import AppliedFault, FaultKindList, FaultList
from sandbox.control.ports import Engine
from sandbox.control.request import read_body

__all__ = ["FaultHandlers"]


class FaultHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def faults(self, _: web.Request) -> web.Response:
        return answer(FaultList, {"faults": await self._engine.faults.list()})

    async def fault_kinds(self, _: web.Request) -> web.Response:
        from sandbox.faults.kinds import fault_kinds  # only who reads them pays for them

        return answer(FaultKindList, {"kinds": fault_kinds()})

    async def add_fault(self, request: web.Request) -> web.Response:
        body = await read_body(request, FaultRequest)
        return answer(AppliedFault, await self._engine.faults.add(body.model_dump()), status=201)

    async def remove_fault(self, request: web.Request) -> web.Response:
        return answer(AppliedFault, await self._engine.faults.remove(request.match_info["id"]))

    async def remove_faults(self, _: web.Request) -> web.Response:
        return answer(FaultList, {"faults": await self._engine.faults.remove_all()})
