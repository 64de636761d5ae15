"""Requests on the wire: the part of an `HttpExchange` that all HTTP servers of the sandbox share.

It knows aiohttp's objects by their shape only, so that the kinds of faults stay free of it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

from sandbox.faults.first_of import first_of
from sandbox.faults.points import Ending

__all__ = ["NO_ANSWER", "SentAnswer", "WireExchange"]

NO_ANSWER = 444
"""The status under which a request is told of that got no answer."""
LOOK_EVERY_S = 0.1
READ_LIMIT_S = 2.0
HTTP_1_1 = (1, 1)
FRAMING = {"content-length", "transfer-encoding", "connection"}


class SentAnswer:
    """Stands before aiohttp's StreamResponse among the bases: an answer that has gone out as far as it will."""

    async def prepare(self, request: Any) -> None:
        """Nothing of it is left to send."""

    async def write_eof(self, data: bytes = b"") -> None:
        """It ends as it was sent."""


class WireExchange:
    """`stream` makes aiohttp's StreamResponse, `sent` one that is a SentAnswer too; both take status and headers."""

    def __init__(self, request: Any, stream: Any, sent: Any) -> None:
        self._request = request
        self._stream = stream
        self._sent = sent

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def path(self) -> str:
        return self._request.path

    def header(self, name: str) -> str | None:
        return self._request.headers.get(name)

    def content(self, answer: Any) -> bytes | None:
        body = getattr(answer, "body", None)
        return body if isinstance(body, bytes) and body and self.method != "HEAD" and not answer.prepared else None

    async def send(self, answer: Any, pieces: AsyncIterator[bytes], *, length: int | None, ending: Ending) -> Any:
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in FRAMING}
        out = self._stream(status=answer.status, headers=headers)
        if length is None and self._request.version >= HTTP_1_1:
            out.enable_chunked_encoding()
        elif length is not None:
            out.content_length = length
        await out.prepare(self._request)
        async for piece in pieces:
            await out.write(piece)
        if ending is Ending.WHOLE:
            await out.write_eof()
            return out
        self._close(ending)
        return self._gone(answer.status)

    async def send_raw(self, data: bytes) -> None:
        if (transport := self._request.transport) is not None:
            transport.write(data)

    async def hang_up(self, ending: Ending) -> Any:
        if ending is not Ending.RESET:
            # Bytes that nobody has read would turn the end of the connection into its reset.
            await first_of(self._request.read(), self.client_gone(), asyncio.sleep(READ_LIMIT_S))
        self._close(ending)
        return self._gone(NO_ANSWER)

    async def client_gone(self) -> None:
        # aiohttp tells nobody that a client has left, so its connection is looked at now and then.
        while (transport := self._request.transport) is not None and not transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)

    def _gone(self, status: int) -> Any:
        answer = self._sent(status=status)
        answer.force_close()
        return answer

    def _close(self, ending: Ending) -> None:
        transport = self._request.transport
        if transport is None:
            return
        if ending is Ending.RESET:
            # A linger of nought seconds makes the kernel drop what is not sent yet and answer with RST.
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
