"""Calls to other services over HTTP: ids passed on, every attempt a fact, every failure one of two errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from sandbox.clock import Clock
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError, UpstreamUnavailable
from sandbox.events.facts import DownstreamCalled, FactSink, trace_fields

__all__ = [
    "CallInterception",
    "Downstream",
    "DownstreamFailed",
    "DownstreamLeftOut",
    "DownstreamRejected",
    "Reply",
    "path_of",
]

CONNECT_LIMIT_S = 5.0
BODY_LIMIT_BYTES = 16 * 1024 * 1024
_TRANSIENT = frozenset({408, 425, 429})


class DownstreamFailed(UpstreamUnavailable):
    """No usable answer: no connection, a broken or unreadable answer, a 5xx, 408 or 429. `status` if there was one."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class DownstreamLeftOut(DownstreamFailed):
    """This sandbox does without the other service. Nobody was called, so it says nothing about anybody's health."""

    def __init__(self, target: str) -> None:
        super().__init__(f"{target} is left out of this sandbox")


class DownstreamRejected(SandboxError):
    """The other service understood and refused: any other 4xx. Says nothing about its health."""

    def __init__(self, message: str, status: int, body: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer; `body` is JSON, None when there was none."""

    status: int
    body: Any


Ask = Callable[[], Awaitable[tuple[int, bytes]]]


class CallInterception(Protocol):
    """Stands between a call and the network: makes it by `ask`, raises DownstreamFailed, or waits."""

    async def __call__(self, downstream: Downstream, ask: Ask) -> tuple[int, bytes]: ...


class Downstream:
    """One other service at `base_url`, None when it is left out. `credential` is the key that its calls carry.

    `interceptions` may be filled and emptied while calls are made.
    """

    def __init__(
        self,
        target: str,
        base_url: str | None,
        credential: str,
        clock: Clock,
        facts: FactSink,
        interceptions: Sequence[CallInterception] = (),
    ) -> None:
        self.target = target
        self._interceptions = interceptions
        self._base_url = None if base_url is None else base_url.rstrip("/")
        self._credential = credential
        self._clock = clock
        self._facts = facts
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        # The time limiter around each call bounds it as a whole.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_LIMIT_S)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=64))

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self,
        method: str,
        path: str,
        trace: TraceContext,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        attempt: int = 1,
    ) -> Reply:
        """One attempt, as a child span of `trace`. Raises DownstreamFailed or DownstreamRejected."""
        if self._base_url is None:
            raise DownstreamLeftOut(self.target)
        hop = trace.child()
        url = f"{self._base_url}{path}" + (f"?{urlencode(query, safe=':/,')}" if query else "")
        started_ns, status, error = self._clock.monotonic_ns(), None, None
        try:
            ask = lambda: self._exchange(method, url, hop, body)  # noqa: E731
            status, answer = await self._through(tuple(self._interceptions), ask)
            return _judged(self.target, status, answer)
        except asyncio.CancelledError:
            error = "ended by its time limit"
            raise
        except (DownstreamFailed, DownstreamRejected) as failure:
            error = failure.message
            raise
        finally:
            took_ms = (self._clock.monotonic_ns() - started_ns) / 1e6
            self._facts.record(
                DownstreamCalled(
                    at_ms=self._clock.now_ms(),
                    source="odyssey",
                    **trace_fields(hop),
                    target=self.target,
                    method=method,
                    url=url,
                    took_ms=round(took_ms, 3),
                    status=status,
                    error=error,
                    attempt=attempt,
                )
            )

    async def _through(self, interceptions: tuple[CallInterception, ...], ask: Ask) -> tuple[int, bytes]:
        if not interceptions:
            return await ask()
        first, *others = interceptions
        return await first(self, lambda: self._through(tuple(others), ask))

    def refused(self) -> DownstreamFailed:
        """What a call would raise if nobody listened there."""
        return DownstreamFailed(f"{self.target} at {self._base_url}: connection refused, by a fault")

    async def _exchange(
        self, method: str, url: str, hop: TraceContext, body: Mapping[str, Any] | None
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise DownstreamFailed(f"{self.target}: the client is closed")
        headers = {"Accept": "application/json", "X-API-Key": self._credential, **hop.headers("odyssey")}
        try:
            async with self._session.request(
                method, URL(url, encoded=True), headers=headers, json=body, allow_redirects=False
            ) as response:
                answer = await response.content.read(BODY_LIMIT_BYTES + 1)
                while len(answer) <= BODY_LIMIT_BYTES and (more := await response.content.read(BODY_LIMIT_BYTES)):
                    answer += more
                if len(answer) > BODY_LIMIT_BYTES:
                    raise DownstreamFailed(f"{self.target} answered more than {BODY_LIMIT_BYTES} bytes")
                return response.status, answer
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DownstreamFailed(f"{self.target} at {self._base_url}: {error or type(error).__name__}") from error


def path_of(segment: str) -> str:
    """A value as one path segment; a RimNodeId keeps its `:` and `/`."""
    return quote(segment, safe=":/")


def _judged(target: str, status: int, answer: bytes) -> Reply:
    try:
        body = json.loads(answer) if answer else None
    except ValueError:
        if status < 400:
            raise DownstreamFailed(f"{target} answered {status} with a body that is not JSON", status) from None
        body = None
    if status >= 500 or status in _TRANSIENT:
        raise DownstreamFailed(f"{target} answered {status}{_reason(body)}", status)
    if status >= 400:
        raise DownstreamRejected(f"{target} answered {status}{_reason(body)}", status, body)
    if status >= 300:
        raise DownstreamFailed(f"{target} answered {status}, which leads elsewhere", status)
    return Reply(status, body)


def _reason(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return f": {message}" if message else ""
