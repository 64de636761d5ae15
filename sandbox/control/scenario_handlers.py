"""Scenarios: passed on to the engine, its answers checked by their models."""

from __future__ import annotations

from aiohttp import web

from sandbox.control import models
from sandbox.control.engine_handlers import answer
from sandbox.control.ports import Engine
from sandbox.control.request import read_body, read_json
from sandbox.control.scenario_models import NextRequest, ScenarioDocument, ScenarioLibraryList
from sandbox.errors import UsageError

__all__ = ["ScenarioHandlers"]


class ScenarioHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def scenario_library(self, _: web.Request) -> web.Response:
        return answer(ScenarioLibraryList, {"scenarios": await self._engine.library.list()})

    async def library_scenario(self, request: web.Request) -> web.Response:
        return answer(ScenarioDocument, await self._engine.library.one(request.match_info["name"]))

    async def run_scenario(self, request: web.Request) -> web.Response:
        document = await read_json(request)
        if not isinstance(document, dict):
            raise UsageError("a scenario document is a JSON object", where="body")
        run = self._engine.scenarios.start(document)
        started = answer(models.RunStarted, {"run": run}, status=201)
        started.headers["Location"] = f"/v1/scenarios/runs/{run}"
        return started

    async def scenario_run(self, request: web.Request) -> web.Response:
        return answer(models.ScenarioRun, await self._engine.scenarios.get(request.match_info["run"]))

    async def stop_scenario(self, request: web.Request) -> web.Response:
        return answer(models.ScenarioRun, await self._engine.scenarios.stop(request.match_info["run"]))

    async def next_step(self, request: web.Request) -> web.Response:
        asked = await read_body(request, NextRequest)
        found = await self._engine.scenarios.next(request.match_info["run"], to_end=asked.to_end)
        return answer(models.ScenarioRun, found)
