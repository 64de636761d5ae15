"""`/ws/plans/{id}`: a plan's run, in order and exactly once, to every client that watches it (seed: Pattern 3).

A client that comes before a run sees it from its start, one that comes during or after it sees the latest run from its
beginning; later runs follow on the same socket, which the server leaves open. Each client is a position in the run log
and no queue, so one that is slow or gone holds up neither the plan nor the others.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox.clock import Clock
from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import FactSink, WebSocketClosed, WebSocketMessageSent, WebSocketOpened, trace_fields
from sandbox.services.http import Exchange
from sandbox.services.plato.runs import RunLog

__all__ = ["Connection", "Frame", "FrameInterception", "PlanStreams"]

CONNECTIONS_PER_CLIENT = 10
HEARTBEAT_S = 30.0
SEND_LIMIT_S = 60.0
CLOSE_LIMIT_S = 0.3
MESSAGE_LIMIT_BYTES = 64 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a plan's run, as a client gets it."""

    plan_id: str
    type: str
    text: str
    sequence: int
    trace: TraceContext


Send = Callable[[Frame], Awaitable[bool]]


class FrameInterception(Protocol):
    """Stands between a run's messages and one client's socket; False when that is at its end."""

    async def __call__(self, frame: Frame, connection: Connection, send: Send) -> bool: ...


class PlanStreams:
    """The open sockets of PLATO."""

    def __init__(self, log: RunLog, clock: Clock, facts: FactSink) -> None:
        self.interceptions: list[FrameInterception] = []
        """May be filled and emptied while clients are connected; each message of a run goes through all of them."""
        self._log = log
        self._clock = clock
        self._facts = facts
        self._clients: Counter[str] = Counter()
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def open(self) -> int:
        return len(self._sockets)

    async def serve(
        self, exchange: Exchange, tenant: str, plan_id: str, begin: Callable[[], None]
    ) -> web.WebSocketResponse:
        """Shake hands, call `begin`, and stream until the client goes.

        Raises ApiError: 426 for a request without a handshake, 429 for one connection too many.
        """
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=MESSAGE_LIMIT_BYTES)
        if not socket.can_prepare(exchange.request):
            raise ApiError(
                ErrorCode.VALIDATION_ERROR, "a WebSocket handshake is expected here", status=426,
                headers={"Upgrade": "websocket"},
            )  # fmt: skip
        client = exchange.client or f"address:{exchange.request.remote}"
        with self._seat(client):
            await socket.prepare(exchange.request)
            begin()
            self._sockets.add(socket)
            connection = Connection(self._log, self._clock, self._facts, exchange, socket, client, self.interceptions)
            try:
                await connection.stream(tenant, plan_id)
            finally:
                self._sockets.discard(socket)
        return socket

    async def close(self) -> None:
        """Say goodbye to every client; one that does not listen is not waited for."""
        closing = [
            asyncio.create_task(each.close(code=WSCloseCode.GOING_AWAY, message=b"PLATO stops"))
            for each in self._sockets
        ]
        if closing:
            _, unheard = await asyncio.wait(closing, timeout=CLOSE_LIMIT_S)
            for each in unheard:
                each.cancel()

    @contextmanager
    def _seat(self, client: str) -> Iterator[None]:
        if self._clients[client] >= CONNECTIONS_PER_CLIENT:
            message = f"At most {CONNECTIONS_PER_CLIENT} WebSocket connections per client"
            raise ApiError(ErrorCode.RATE_LIMITED, message, retry_after_s=1)
        self._clients[client] += 1
        try:
            yield
        finally:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]


class Connection:
    """One client's socket: what it sends is read while the run is written."""

    def __init__(
        self,
        log: RunLog,
        clock: Clock,
        facts: FactSink,
        exchange: Exchange,
        socket: web.WebSocketResponse,
        client: str,
        interceptions: list[FrameInterception],
    ) -> None:
        self._log = log
        self._clock = clock
        self._facts = facts
        self._exchange = exchange
        self._socket = socket
        self._client = client
        self._interceptions = interceptions
        self._ended_with: int | None = None
        self.sent = 0

    async def stream(self, tenant: str, plan_id: str) -> None:
        self._record(WebSocketOpened)
        writer = asyncio.create_task(self._write(tenant, plan_id), name=f"stream of {plan_id}")
        writer.add_done_callback(self._written)
        try:
            await self._read()
        finally:
            # No await before the last line: the server may cancel this task when the connection is lost.
            self._record(WebSocketClosed, code=self._ended_with or self._socket.close_code, messages=self.sent)
            writer.cancel()
            await asyncio.wait([writer])

    async def _read(self) -> None:
        """Answer PING; anything else a client says is none of the seed's messages and is passed over."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT or not _is_ping(message.data):
                continue
            pong = {"type": "PONG", "timestamp": format_instant(self._clock.now_ms())}
            if not await self._send("PONG", json.dumps(pong), None, self._exchange.trace):
                return

    async def _write(self, tenant: str, plan_id: str) -> None:
        log = self._log
        run, seen = log.latest(tenant, plan_id), 0
        while True:
            bell = log.bell(tenant, plan_id)
            run = run or log.latest(tenant, plan_id)
            batch = log.messages(run.run_id, seen) if run else []
            for message in batch:
                if run is None:
                    return
                frame = Frame(plan_id, message.type, message.text, message.sequence, run.trace)
                if not await self._through(tuple(self._interceptions), frame):
                    return
                seen = message.sequence
            if batch:
                continue
            if run and log.get(run.run_id) is None:
                run, seen = None, 0  # a reset took it away: runs count from 1 again
                continue
            following = log.next_after(run) if run else None
            if following is not None:
                run, seen = following, 0
                continue
            await bell.wait()

    async def _through(self, interceptions: tuple[FrameInterception, ...], frame: Frame) -> bool:
        if not interceptions:
            return await self._send(frame.type, frame.text, frame.sequence, frame.trace)
        first, *others = interceptions
        return await first(frame, self, lambda each: self._through(tuple(others), each))

    def _written(self, writer: asyncio.Task[None]) -> None:
        """A stream that cannot go on (the store failed) is cut rather than left silent."""
        if not writer.cancelled() and (error := writer.exception()) is not None:
            trace = {"trace": self._exchange.trace}
            _log.error("%s broke off", writer.get_name(), exc_info=error, extra=trace)
            self.cut()

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye; a client that does not listen is not waited for."""
        self._ended_with = code
        closing = asyncio.create_task(self._socket.close(code=code, message=reason.encode()))
        _, unheard = await asyncio.wait({closing}, timeout=CLOSE_LIMIT_S)
        for each in unheard:
            each.cancel()

    def cut(self) -> None:
        """End the connection without a word."""
        self._ended_with = WSCloseCode.ABNORMAL_CLOSURE
        if (transport := self._exchange.request.transport) is not None:
            transport.abort()

    async def _send(self, type_: str, text: str, sequence: int | None, trace: TraceContext) -> bool:
        """False when the client has gone; one that takes nothing for SEND_LIMIT_S is cut off."""
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                await self._socket.send_str(text)
        except TimeoutError:
            self.cut()
            return False
        except ConnectionError:
            return False
        self.sent += 1
        self._record(WebSocketMessageSent, trace, type=type_, sequence=sequence)
        return True

    def _record(self, fact, trace: TraceContext | None = None, **data) -> None:
        about = trace_fields(trace or self._exchange.trace)
        path = self._exchange.request.path
        at_ms = self._clock.now_ms()
        self._facts.record(fact(at_ms=at_ms, source="plato", **about, path=path, client=self._client, **data))


def _is_ping(text: str) -> bool:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("type") == "PING"
