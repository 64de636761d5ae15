"""CORS for pages on this machine: loopback origins may call, and may read limits, ids and Retry-After."""

from __future__ import annotations

import re

from aiohttp import web

from sandbox.services.http.exchange import Exchange

__all__ = ["check_origin"]

_LOOPBACK = re.compile(
    r"https?://(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?\Z"
)
EXPOSED = (
    "X-Request-ID, X-Correlation-ID, traceparent, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "Retry-After, Location, X-Total-Count"
)
PREFLIGHT_AGE_S = 600


def check_origin(exchange: Exchange) -> web.Response | None:
    """Answer a preflight, and mark the answers to loopback origins; others get no CORS header at all."""
    request = exchange.request
    origin = request.headers.get("Origin")
    if origin is None or not _LOOPBACK.match(origin):
        return None
    exchange.response_headers |= {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": EXPOSED,
        "Vary": "Origin",
    }
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    allowed = {
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers", "*"),
        "Access-Control-Max-Age": str(PREFLIGHT_AGE_S),
    }
    return web.Response(status=204, headers=allowed)
