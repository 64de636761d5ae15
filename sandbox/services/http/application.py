"""One service's REST and WebSocket side, put together."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from sandbox import __version__
from sandbox.services.http.access import Serve, access, add_handshake_headers
from sandbox.services.http.actuator import Actuator
from sandbox.services.http.admin import admin_routes
from sandbox.services.http.authentication import Authenticator
from sandbox.services.http.boundary import boundary
from sandbox.services.http.cors import answer_preflight, check_origin
from sandbox.services.http.documentation import documentation_routes
from sandbox.services.http.door import Door
from sandbox.services.http.events import EventLog, events_route
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.interception import Interceptor, interception
from sandbox.services.http.limit_class import limit_class
from sandbox.services.http.prometheus import RequestMeters
from sandbox.services.http.rate_limit import RateLimiter
from sandbox.services.http.route import Endpoint, Route
from sandbox.services.http.tenant import check_tenant
from sandbox.services.ports import ServiceContext
from sandbox.services.settings import RateLimits

__all__ = ["AUTHENTICATOR", "DOOR", "INTERCEPTORS", "RATE_LIMITER", "create_application"]

AUTHENTICATOR = web.AppKey("authenticator", Authenticator)
DOOR = web.AppKey("door", Door)
"""Shut while the sandbox is being reset."""
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
    door = Door()
    meters = RequestMeters()
    checks = [check_origin, limiter.check(authenticator), answer_preflight, check_tenant, authenticator.check]
    layers = interception(interceptors, boundary(name, {**context.urls, **context.public_urls}, checks))
    serve = access(name, context, rng or random.Random(), door.guard(layers), meters)
    app = web.Application(client_max_size=settings.body_limit_bytes)
    app[INTERCEPTORS], app[RATE_LIMITER], app[AUTHENTICATOR] = interceptors, limiter, authenticator
    app[DOOR] = door
    every = [*routes, *(actuator or Actuator()).routes(name, meters), *admin_routes(limiter)]
    if events is not None:
        every.append(events_route(events))
    every += documentation_routes(name, lambda: _document(name, context, every))
    for pattern, group in _by_pattern(every).items():
        _add_resource(app, pattern, group, serve)
    app.router.add_route("*", "/{path:.*}", serve(Endpoint("unmatched", _not_found)))
    if any(route.is_websocket for route in routes):
        app.on_response_prepare.append(add_handshake_headers)
    return app


def _by_pattern(routes: Sequence[Route]) -> dict[str, list[Route]]:
    """Most specific pattern first, with the routes of each."""
    groups: dict[str, list[Route]] = {}
    for route in sorted(routes, key=lambda each: each.specificity):
        groups.setdefault(route.resource_path, []).append(route)
    return groups


def _add_resource(app: web.Application, pattern: str, routes: Sequence[Route], serve: Serve) -> None:
    """The routes of one pattern. Any other method is refused here and does not fall through to a wider pattern."""
    resource = app.router.add_resource(pattern)
    allowed: set[str] = set()
    for route in routes:
        with_head = route.method == "GET" and not route.is_websocket
        counted_as = limit_class(route.method, route.label)
        handler = serve(
            Endpoint(route.label, route.handler, route.scope, is_open=route.is_open, limit_class=counted_as)
        )
        for method in (route.method, "HEAD") if with_head else (route.method,):
            resource.add_route(method, handler)
            allowed.add(method)

    async def refuse(exchange: Exchange) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(exchange.request.method, allowed)

    resource.add_route("*", serve(Endpoint(routes[0].label, refuse)))


async def _not_found(exchange: Exchange) -> web.StreamResponse:
    raise web.HTTPNotFound


def _document(name: str, context: ServiceContext, routes: Sequence[Route]) -> Mapping[str, Any]:
    from sandbox.services.http.openapi import openapi_document  # only who reads it pays for it

    return openapi_document(name, routes, version=__version__, dialect=context.dialect, auth=context.http.auth)
