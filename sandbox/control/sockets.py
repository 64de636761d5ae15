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
CLOSE_LIMIT_S = 2.0

Write = Callable[[web.WebSocketResponse], Awaitable[None]]


class Sockets:
    """The open WebSockets of one server. A client that reads nothing for a heartbeat and a half is let go."""

    def __init__(self) -> None:
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.Request, write: Write) -> web.WebSocketResponse:
        """Run `write` until it ends or the client leaves. A SandboxError goes to the client as a last message."""
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, timeout=CLOSE_LIMIT_S, max_msg_size=64 * 1024, compress=False
        )
        await socket.prepare(request)
        self._open.add(socket)
        writer = asyncio.ensure_future(write(socket))
        reader = asyncio.ensure_future(_until_closed(socket))
        try:
            await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
            if writer.done():
                await self._finish(socket, writer)
        finally:
            self._open.discard(socket)
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Tell every client that the server goes away."""
        await asyncio.gather(
            *(each.close(code=WSCloseCode.GOING_AWAY, message=b"the sandbox stops") for each in list(self._open))
        )

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
