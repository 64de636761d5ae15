"""Consumer groups through the control API."""

from __future__ import annotations

from aiohttp import web

from sandbox.control import groups_models as models
from sandbox.control.engine_handlers import answer
from sandbox.control.ports import Engine
from sandbox.control.request import read_body

__all__ = ["GroupsHandlers"]


class GroupsHandlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def consumer_groups(self, _: web.Request) -> web.Response:
        return answer(models.GroupList, {"groups": await self._engine.consumer_groups.all()})

    async def consumer_group(self, request: web.Request) -> web.Response:
        return answer(models.Group, await self._engine.consumer_groups.one(request.match_info["group"]))

    async def reset_group(self, request: web.Request) -> web.Response:
        body = await read_body(request, models.GroupResetRequest)
        outcome = await self._engine.consumer_groups.reset(
            request.match_info["group"], body.to, body.topics, dry_run=body.dryRun
        )
        return answer(models.GroupReset, outcome)
