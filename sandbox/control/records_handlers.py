"""Records to look at: a page, or the newest as they come."""

from __future__ import annotations

from contextlib import aclosing

from aiohttp import web

from sandbox.control.engine_handlers import answer
from sandbox.control.overview_models import PartitionCounts
from sandbox.control.ports import Engine
from sandbox.control.records_models import Look, RecordPage, RecordsQuery, WatchQuery
from sandbox.control.request import read_query
from sandbox.control.sockets import Sockets

__all__ = ["RecordsHandlers"]


class RecordsHandlers:
    def __init__(self, engine: Engine, sockets: Sockets) -> None:
        self._engine = engine
        self._sockets = sockets

    async def partitions(self, request: web.Request) -> web.Response:
        found = await self._engine.overview.partitions(request.match_info["topic"])
        return answer(PartitionCounts, {"partitions": found})

    async def records(self, request: web.Request) -> web.Response:
        query = read_query(request, RecordsQuery)
        return answer(RecordPage, await self._engine.records.page(request.match_info["topic"], **query.model_dump()))

    async def watch(self, request: web.Request) -> web.WebSocketResponse:
        """A client that takes a look late gets the next one later: nothing piles up, and it says what it left out."""
        query = read_query(request, WatchQuery)
        topic = request.match_info["topic"]
        await self._engine.topic(topic)  # an unknown topic is a plain 404, before the handshake
        self._engine.records.check(query.match)

        async def write(socket: web.WebSocketResponse) -> None:
            async with aclosing(self._engine.records.watch(topic, **query.model_dump())) as looks:
                async for look in looks:
                    await socket.send_str(Look.model_validate(look).model_dump_json())

        return await self._sockets.serve(request, write)
