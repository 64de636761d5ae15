"""Services on real sockets, and a client that sees every byte and how a connection ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.clock import SystemClock
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.registry.request_fault import RequestFault
from sandbox.registry.service import RegistryService
from sandbox.services.http import INTERCEPTORS, Exchange, Route, create_application
from sandbox.services.http.fault_interceptor import FaultInterceptor
from sandbox.services.ports import ServiceContext
from sandbox.services.settings import HttpSettings

LIMIT_S = 10.0


@dataclass(slots=True)
class Heard:
    """`end` is closed (FIN), reset (RST), or open."""

    data: bytes = b""
    end: str = "open"

    @property
    def head(self) -> str:
        return self.data.partition(b"\r\n\r\n")[0].decode()

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    def header(self, name: str) -> str | None:
        fields = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return next((value for known, _, value in fields if known.lower() == name.lower()), None)


@dataclass
class Wire:
    """A service that listens on `port`, with what makes its faults."""

    port: int
    place: list[Any]
    interceptor: Any
    facts: Any
    clock: Any
    asked: list[str] = field(default_factory=list)

    def fault(self, kind: str, **parameters: Any) -> AppliedFault:
        applied = AppliedFault(f"f{len(self.place)}", read_fault(kind, parameters), "capsule", self.clock, self.facts)
        self.place.append(self.interceptor(applied))
        return applied

    async def hear(self, path: str = "/api/v1/things", *headers: str, method: str = "GET", body: str = "") -> Heard:
        """All that comes for one request until the connection ends; it is asked to be closed after the answer."""
        _, writer, reader = await self.ask(path, *headers, "Connection: close", method=method, body=body)
        heard = Heard()
        try:
            async with asyncio.timeout(LIMIT_S):
                while piece := await reader.read(65_536):
                    heard.data += piece
            heard.end = "closed"
        except ConnectionResetError:
            heard.end = "reset"
        finally:
            writer.close()
        return heard

    async def ask(
        self, path: str, *headers: str, method: str = "GET", body: str = ""
    ) -> tuple[bytes, asyncio.StreamWriter, asyncio.StreamReader]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        request = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        writer.write(request)
        return request, writer, reader


@asynccontextmanager
async def a_service(facts: Any, clock: Any = None, **settings: Any) -> AsyncIterator[Wire]:
    """A service of the platform with the one path /api/v1/things."""
    asked: list[str] = []
    clock = clock or SystemClock()

    async def things(exchange: Exchange) -> web.Response:
        asked.append(exchange.request.method)
        return exchange.ok([{"id": f"thing-{number}"} for number in range(20)])

    context = ServiceContext(
        clock=clock, facts=facts, publisher=None, urls={}, public_urls={}, access_log=None,  # type: ignore[arg-type]
        state_dir=None, dialect="envelope", http=HttpSettings(**settings),
    )  # fmt: skip
    routes = [Route(method, "/api/v1/things", things) for method in ("GET", "POST")]
    app = create_application("capsule", context, routes)
    async with _listening(app) as port:
        yield Wire(port, app[INTERCEPTORS], FaultInterceptor, facts, clock, asked)


@asynccontextmanager
async def a_registry(log: Any, facts: Any) -> AsyncIterator[Wire]:
    """The schema registry over that log."""
    clock = SystemClock()
    registry = RegistryService(log, facts, clock)
    await registry.start()
    try:
        async with _listening(registry.application()) as port:
            yield Wire(port, registry.request_faults, RequestFault, facts, clock)
    finally:
        await registry.stop()


@asynccontextmanager
async def _listening(app: web.Application) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
