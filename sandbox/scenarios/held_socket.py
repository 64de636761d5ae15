"""A WebSocket connection that stays open while other steps go on, and what has come over it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from sandbox.errors import SandboxError, UpstreamUnavailable
from sandbox.scenarios.background import Work
from sandbox.scenarios.listening import Listening
from sandbox.scenarios.ports import Message, Socket
from sandbox.scenarios.result import ExpectationFailed

__all__ = ["HeldSocket"]

UNREAD_LIMIT = 10_000
"""Messages that no step has looked at; of more, the oldest are let go."""


class HeldSocket(Work):
    """Reads all that comes; steps take from it what none has looked at. `listening` judges everything."""

    def __init__(self, connection: AbstractAsyncContextManager[Socket], listening: Listening, request_id: str) -> None:
        self._connection = connection
        self._listening = listening
        self._request_id = request_id
        self._socket: Socket | None = None
        self._unread: deque[Message] = deque(maxlen=UNREAD_LIMIT)
        self._closed: Message | None = None
        self._news = asyncio.Event()
        self._settled = asyncio.Event()
        self._stopping = asyncio.Event()
        self._trouble: SandboxError | None = None

    @property
    def told(self) -> str:
        count = self._listening.count
        closed = f", closed with {self._closed.closed}" if self._closed else ""
        return f"{count} message{'' if count == 1 else 's'}{closed}"

    async def run(self) -> None:
        """Raises UpstreamUnavailable when it cannot be opened."""
        try:
            async with self._connection as socket:
                self._socket = socket
                self._settled.set()
                await self._read(socket)
        except SandboxError as error:
            self._trouble = error
            raise
        finally:
            self._settled.set()

    async def _read(self, socket: Socket) -> None:
        stopping = asyncio.ensure_future(self._stopping.wait())
        receiving: asyncio.Future[Message] | None = None
        try:
            while self._closed is None and not stopping.done():
                receiving = asyncio.ensure_future(socket.receive())
                await asyncio.wait((receiving, stopping), return_when=asyncio.FIRST_COMPLETED)
                if receiving.done():
                    self._take(receiving.result())
        finally:
            for task in (stopping, receiving):
                if task is not None and not task.done():
                    task.cancel()
                    await asyncio.wait((task,))

    def _take(self, message: Message) -> None:
        self._listening.take(message)
        self._unread.append(message)
        if message.closed is not None:
            self._closed = message
        self._news.set()

    def stop(self) -> None:
        self._stopping.set()

    async def opened(self) -> None:
        """Raises what kept it from opening."""
        await self._settled.wait()
        if self._trouble is not None:
            raise self._trouble

    async def send(self, text: str) -> None:
        if self._socket is None or self._closed is not None:
            raise UpstreamUnavailable("the connection is closed")
        await self._socket.send(text)

    async def receive(self) -> Message:
        """The next message that no step has looked at; after the close, the close again."""
        while not self._unread:
            if self._closed is not None:
                return self._closed
            self._news.clear()
            await self._news.wait()
        return self._unread.popleft()

    def result(self) -> Mapping[str, Any]:
        return {"messages": self._listening.documents, "request_id": self._request_id}

    def check(self) -> None:
        if self._listening.wanting:
            raise ExpectationFailed(self._listening.failure(None))
