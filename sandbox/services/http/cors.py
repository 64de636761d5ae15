"""CORS for pages on this machine: loopback origins may call, and may read limits, ids and Retry-After."""

from __future__ import annotations

import re

from aiohttp import web

from sandbox.services.http.exchange import Exchange

__all__ = ["answer_preflight", "check_origin", "is_preflight"]

_LOOPBACK = re.compile(
    r"https?://(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?\Z"
)
EXPOSED = (
    "X-Request-ID, X-Correlation-ID, traceparent, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "Retry-After, Location, X-Total-Count"
)
PREFLIGHT_AGE_S = 600
ALLOW_ORIGIN = "Access-Control-Allow-Origin"


def check_origin(exchange: Exchange) -> None:
    """Mark the answers to loopback origins; others get no CORS header at all."""
    origin = exchange.request.headers.get("Origin")
    if origin is not None and _LOOPBACK.match(origin):
        exchange.response_headers |= {
            ALLOW_ORIGIN: origin,
            "Access-Control-Expose-Headers": EXPOSED,
            "Vary": "Origin",
        }


def is_preflight(exchange: Exchange) -> bool:
    """Whether a browser asks for a page of a loopback origin if it may ask; known once `check_origin` has looked."""
    request = exchange.request
    return (
        request.method == "OPTIONS"
        and "Access-Control-Request-Method" in request.headers
        and ALLOW_ORIGIN in exchange.response_headers
    )


def answer_preflight(exchange: Exchange) -> web.Response | None:
    if not is_preflight(exchange):
        return None
    request = exchange.request
    allowed = {
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers", "*"),
        "Access-Control-Max-Age": str(PREFLIGHT_AGE_S),
    }
    return web.Response(status=204, headers=allowed)
