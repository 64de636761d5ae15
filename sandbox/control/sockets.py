"""WebSockets that the control server writes to: each ends with its client, its source or the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, web

from sandbox.contracts.link_error import error_json
from sandbox.errors import SandboxError

__all__ = ["Sockets"]

HEARTBEAT_S = 20.0
CLOSE_LIMIT_S = 0.3

Write = Callable[[web.WebSocketResponse], Awaitable[None]]


class Sockets:
    """The open WebSockets of one server. A client that reads nothing for a heartbeat and a half is let go."""

    def __init__(self) -> None:
        self._open: dict[web.WebSocketResponse, web.Request] = {}

    async def serve(self, request: web.Request, write: Write) -> web.WebSocketResponse:
        """Run `write` until it ends or the client leaves. A SandboxError goes to the client as a last message."""
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, timeout=CLOSE_LIMIT_S, max_msg_size=64 * 1024, compress=False
        )
        await socket.prepare(request)
        self._open[socket] = request
        writer = asyncio.ensure_future(write(socket))
        reader = asyncio.ensure_future(_until_closed(socket))
        try:
            await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
            if writer.done():
                await self._finish(socket, writer)
        finally:
            self._open.pop(socket, None)
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Tell every client that the server goes away; who does not listen is cut off after `CLOSE_LIMIT_S`."""
        await asyncio.gather(*(self._say_goodbye(*each) for each in list(self._open.items())))

    @staticmethod
    async def _say_goodbye(socket: web.WebSocketResponse, request: web.Request) -> None:
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the sandbox stops")
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()

    @staticmethod
    async def _finish(socket: web.WebSocketResponse, writer: asyncio.Future[None]) -> None:
        try:
            writer.result()
        except ConnectionError:
            return  # the client is gone
        except SandboxError as error:
            if not socket.closed:
                await socket.send_str(json.dumps(error_json(error)[1]))
                await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=b"see the last message")


async def _until_closed(socket: web.WebSocketResponse) -> None:
    """What the client sends means nothing here; reading answers its pings and sees it leave."""
    async for _ in socket:
        pass
