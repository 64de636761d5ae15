"""One service's REST and WebSocket side, put together."""

from __future__ import annotations

import random
from collections.abc import Sequence

from aiohttp import web

from sandbox.services.http import middlewares
from sandbox.services.http.actuator import Actuator
from sandbox.services.http.authentication import Authenticator
from sandbox.services.http.cors import cors
from sandbox.services.http.events import EventLog, events_route
from sandbox.services.http.exchange import EXCHANGE, Exchange
from sandbox.services.http.middlewares import Interceptor, Proceed
from sandbox.services.http.rate_limit import RateLimiter
from sandbox.services.http.route import Route
from sandbox.services.ports import ServiceContext
from sandbox.services.settings import RateLimits

__all__ = ["INTERCEPTORS", "RATE_LIMITER", "create_application"]

INTERCEPTORS = web.AppKey("interceptors", list[Interceptor])
"""Faults and the like; may be filled and emptied while the service runs."""
RATE_LIMITER = web.AppKey("rate_limiter", RateLimiter)
"""May be changed, switched and reset while the service runs."""


def create_application(
    name: str,
    context: ServiceContext,
    routes: Sequence[Route],
    *,
    actuator: Actuator | None = None,
    events: EventLog | None = None,
    rng: random.Random | None = None,
) -> web.Application:
    """The service `name` with its own `routes`, the actuator, and `/api/v1/events` when it has an event log."""
    settings = context.http
    limits = RateLimits.of(name, settings.limits_profile)
    limiter = RateLimiter(context.clock, limits, enabled=settings.rate_limits)
    authenticator = Authenticator(settings)
    interceptors: list[Interceptor] = []
    endpoints: dict[object, tuple[str, str | None]] = {}
    app = web.Application(
        client_max_size=settings.body_limit_bytes,
        middlewares=[
            middlewares.tracing(context, endpoints, rng or random.Random()),
            middlewares.access(name, context),
            middlewares.interception(interceptors),
            cors(),
            middlewares.errors(name, context.urls),
            middlewares.rate_limiting(limiter, authenticator),
            middlewares.authentication(authenticator),
        ],
    )
    app[INTERCEPTORS], app[RATE_LIMITER] = interceptors, limiter
    app.on_response_prepare.append(_add_headers)
    every = [*routes, *(actuator or Actuator()).routes(name)]
    if events is not None:
        every.append(events_route(events))
    for route in sorted(every, key=lambda each: each.specificity):
        handler = _handler(route)
        endpoints[handler] = (route.label, route.scope)
        app.router.add_route(route.method, route.resource_path, handler)
        if route.method == "GET" and not route.pattern.startswith("/ws/"):
            app.router.add_route("HEAD", route.resource_path, handler)
    return app


def _handler(route: Route) -> Proceed:
    handle = route.handler

    async def endpoint(request: web.Request) -> web.StreamResponse:
        return await handle(request[EXCHANGE])

    return endpoint


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Ids, limits and CORS on every answer just before it goes out, also on errors and WebSocket handshakes."""
    exchange: Exchange | None = request.get(EXCHANGE)
    if exchange is not None:
        response.headers.update(exchange.response_headers)
