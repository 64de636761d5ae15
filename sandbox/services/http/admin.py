"""`/api/v1/admin/rate-limits`: see and change the limits of a running service."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from sandbox.services.http.exchange import Exchange
from sandbox.services.http.fields import ApiModel
from sandbox.services.http.rate_limit import RateLimiter
from sandbox.services.http.route import Route

__all__ = ["admin_routes"]

SCOPE = "admin"
PATH = "/api/v1/admin/rate-limits"


class RateLimitsRequest(ApiModel):
    """What is absent or null stays as it is."""

    query: int | None = Field(default=None, ge=0)
    command: int | None = Field(default=None, ge=0)
    admin: int | None = Field(default=None, ge=0)
    enabled: bool | None = None


class RateLimitsShape(ApiModel):
    query: int
    command: int
    admin: int
    window_seconds: int
    enabled: bool


def admin_routes(limiter: RateLimiter) -> list[Route]:
    async def get(exchange: Exchange) -> web.Response:
        return exchange.ok(limiter.to_json())

    async def put(exchange: Exchange) -> web.Response:
        request = await exchange.body(RateLimitsRequest)
        limiter.change(query=request.query, command=request.command, admin=request.admin, enabled=request.enabled)
        return exchange.ok(limiter.to_json())

    return [
        Route("GET", PATH, get, SCOPE, RateLimitsShape, summary="Requests that one client may make per window"),
        Route("PUT", PATH, put, SCOPE, RateLimitsShape, body=RateLimitsRequest, summary="Change the limits"),
    ]
