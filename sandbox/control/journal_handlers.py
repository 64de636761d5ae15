"""The journal over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from sandbox.clock import Clock
from sandbox.control.models import FactQuery, StreamQuery
from sandbox.control.ports import Engine
from sandbox.control.request import read_query
from sandbox.control.sockets import Sockets
from sandbox.observe.intake import FactBatch
from sandbox.observe.journal import Page
from sandbox.observe.trace import under
from sandbox.runtime.access import read_json

__all__ = ["JournalHandlers"]

PAGE_FACTS = 500
PACE_S = 0.02


class JournalHandlers:
    """A slow subscriber holds nobody up and no buffer grows: what it has not taken, it reads from the journal later."""

    def __init__(self, engine: Engine, sockets: Sockets, clock: Clock) -> None:
        self._engine = engine
        self._sockets = sockets
        self._clock = clock

    async def facts(self, request: web.Request) -> web.Response:
        query = read_query(request, FactQuery)
        page = self._read(query, query.after, query.limit)
        if query.wait_s and not page.entries:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(query.wait_s):
                    while not page.entries:
                        await self._engine.journal.wait_beyond(page.next)
                        page = self._read(query, page.next, query.limit)
        return web.Response(body=page.to_json(), content_type="application/json")

    async def push_facts(self, request: web.Request) -> web.Response:
        batch = FactBatch.from_json(await read_json(request))
        return web.json_response({"next": self._engine.intake.accept(batch)})

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        query = read_query(request, StreamQuery)

        async def write(socket: web.WebSocketResponse) -> None:
            journal = self._engine.journal
            after = journal.last if query.after is None else query.after
            page = self._read(query, after, PAGE_FACTS)
            await self._send(socket, page)  # at once, even if empty: the client learns where it stands
            while True:
                if page.next >= journal.last:
                    await journal.wait_beyond(page.next)
                    await self._clock.sleep(PACE_S)  # facts come in bursts: one page for each
                page = self._read(query, page.next, PAGE_FACTS)
                if page.entries or page.gap:
                    await self._send(socket, page)
                else:
                    await self._clock.sleep(0)

        return await self._sockets.serve(request, write)

    async def counts(self, _: web.Request) -> web.Response:
        return web.json_response(self._engine.journal.counters.to_json())

    async def ledger(self, _: web.Request) -> web.Response:
        return web.json_response(self._engine.ledger.to_json())

    async def trace(self, request: web.Request) -> web.Response:
        timeline = await under(self._engine.journal, request.match_info["id"])
        return web.json_response(timeline.to_json())

    def _read(self, query: FactQuery | StreamQuery, after: int, limit: int) -> Page:
        return self._engine.journal.read(
            after, limit=limit, kinds=frozenset(query.kind), sources=frozenset(query.source), under=query.under
        )

    @staticmethod
    async def _send(socket: web.WebSocketResponse, page: Page) -> None:
        """Waits while the client's window is full."""
        await socket.send_str(page.to_json().decode())
