"""A service with the routes and settings that a test gives it, on a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import ManualClock
from sandbox.events.facts import Fact
from sandbox.services.http import Exchange, Route, create_application
from sandbox.services.ports import ServiceContext
from sandbox.services.settings import HttpSettings


@dataclass(slots=True)
class Facts:
    kept: list[Fact] = field(default_factory=list)

    def record(self, fact: Fact) -> None:
        self.kept.append(fact)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def facts() -> Facts:
    return Facts()


async def _echo(exchange: Exchange) -> web.Response:
    return exchange.ok({"path": dict(exchange.path), "tenant": exchange.tenant})


@pytest.fixture
def echo() -> Callable[[Exchange], Awaitable[web.Response]]:
    """A handler that answers what it was asked."""
    return _echo


Serve = Callable[..., Awaitable[TestClient]]


@pytest.fixture
async def serve(clock: ManualClock, facts: Facts) -> AsyncIterator[Serve]:
    """`client = await serve([routes…], auth="required", dialect="bare")`; `client.app` is the application."""
    async with AsyncExitStack() as stack:

        async def start(routes: list[Route], *, dialect: str = "envelope", **options: Any) -> TestClient:
            known = HttpSettings.__dataclass_fields__
            settings = HttpSettings(**{name: options.pop(name) for name in list(options) if name in known})
            context = ServiceContext(
                clock=clock,
                facts=facts,
                publisher=None,  # type: ignore[arg-type] - nothing is published here
                urls={"plato": "http://127.0.0.1:8080", "odyssey": "http://127.0.0.1:8082/"},
                public_urls=options.pop("public_urls", {}),
                access_log=options.pop("access_log", None),
                state_dir=None,
                dialect=dialect,
                http=settings,
            )
            app = create_application("capsule", context, routes, **options)
            return await stack.enter_async_context(TestClient(TestServer(app)))

        yield start


@pytest.fixture
async def client(serve: Serve, echo: Any) -> TestClient:
    """One route of each kind, without special settings."""
    return await serve(
        [
            Route("GET", "/api/v1/things", echo),
            Route("POST", "/api/v1/things", echo),
            Route("GET", "/api/v1/things/{id}", echo),
        ]
    )
