"""The door of a service: shut during a reset of the sandbox, so that nothing asked before has effects after."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from aiohttp import web

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.limit_class import ACTUATOR_PREFIX
from sandbox.services.http.route import Handler

__all__ = ["Door"]

LEAVE_LIMIT_S = 0.5


class Door:
    """Requests behind it are served while it is open. WebSockets and the actuator are let through at any time, but no
    WebSocket begins while it is shut."""

    def __init__(self) -> None:
        self._is_shut = False
        self._inside: set[asyncio.Task[Any]] = set()
        self._shown_out: set[asyncio.Task[Any]] = set()
        self._is_empty = asyncio.Event()

    async def shut(self) -> None:
        """Answer 503 from now on, also to the requests that are being served: those end where they stand."""
        self._is_shut = True
        for task in self._inside:
            self._shown_out.add(task)
            task.cancel()
        if self._inside:
            self._is_empty.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_LIMIT_S):
                    await self._is_empty.wait()

    def open(self) -> None:
        self._is_shut = False

    def guard(self, serve: Handler) -> Handler:
        """`serve` behind this door."""

        async def enter(exchange: Exchange) -> web.StreamResponse:
            if exchange.request.path.startswith(ACTUATOR_PREFIX):
                return await serve(exchange)
            if self._is_shut:
                return _refusal(exchange)
            task = asyncio.current_task()
            if task is None or exchange.endpoint.is_websocket:
                return await serve(exchange)
            self._inside.add(task)
            try:
                return await serve(exchange)
            except asyncio.CancelledError:
                if task not in self._shown_out:
                    raise
                task.uncancel()
                return _refusal(exchange)
            finally:
                self._inside.discard(task)
                self._shown_out.discard(task)
                if not self._inside:
                    self._is_empty.set()

        return enter


def _refusal(exchange: Exchange) -> web.StreamResponse:
    return exchange.error(ApiError(ErrorCode.SERVICE_UNAVAILABLE, "The sandbox is being reset", retry_after_s=1))
