"""The injection point of plan streams: an applied fault as a FrameInterception."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary

from sandbox.faults.applied import AppliedFault
from sandbox.services.plato.stream import Connection, Frame, Send

__all__ = ["AppliedStreamFault"]


class AppliedStreamFault:
    """Lets `applied` act on the messages that it strikes. While it holds one back, the next ones overtake it."""

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied
        self._held: WeakKeyDictionary[Connection, _Held] = WeakKeyDictionary()

    async def __call__(self, frame: Frame, connection: Connection, send: Send) -> bool:
        held = self._held.get(connection)
        if held is not None and not held.is_gone:
            return await send(frame) and await held.overtaken()
        point = _Frame(frame, connection, send, self._held)
        return await (self.applied.act(point) if self.applied.strikes(point) else send(frame))


class _Frame:
    """A `faults.points.StreamFrame`."""

    def __init__(
        self, frame: Frame, connection: Connection, send: Send, held: WeakKeyDictionary[Connection, _Held]
    ) -> None:
        self.plan_id = frame.plan_id
        self.type = frame.type
        self.sent = connection.sent
        self._frame = frame
        self._connection = connection
        self._send = send
        self._held = held

    async def send(self) -> bool:
        return await self._send(self._frame)

    def skip(self) -> bool:
        return True

    async def close(self, code: int, reason: str) -> bool:
        await self._connection.close(code, reason)
        return False

    async def abort(self) -> bool:
        self._connection.cut()
        return False

    def send_behind(self, messages: int, at_latest: Callable[[], Awaitable[None]]) -> bool:
        self._held[self._connection] = _Held(self._frame, self._send, messages, at_latest)
        return True


class _Held:
    """A message that is held back until `left` others have been sent."""

    def __init__(self, frame: Frame, send: Send, left: int, at_latest: Callable[[], Awaitable[None]]) -> None:
        self.is_gone = False
        self._frame = frame
        self._send = send
        self._left = left
        self._timer = asyncio.create_task(self._let_go(at_latest), name=f"held message of {frame.plan_id}")

    async def overtaken(self) -> bool:
        self._left -= 1
        return self._left > 0 or await self._go()

    async def _let_go(self, at_latest: Callable[[], Awaitable[None]]) -> None:
        await at_latest()
        await self._go()

    async def _go(self) -> bool:
        if self.is_gone:
            return True
        self.is_gone = True
        if asyncio.current_task() is not self._timer:
            self._timer.cancel()
        return await self._send(self._frame)
