"""`/v3/api-docs`, and a Swagger UI for it that needs no network."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.contracts.envelope import ApiError
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.route import Route

__all__ = ["documentation_routes"]

ASSETS = Path(__file__).parent / "swagger"
ASSET_TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><link rel="stylesheet" href="/swagger-ui/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/swagger-ui/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{
  url: "/v3/api-docs", dom_id: "#swagger-ui", validatorUrl: null, deepLinking: true, docExpansion: "list"
}});
</script></body>
</html>
"""


def documentation_routes(name: str, make: Callable[[], Mapping[str, Any]]) -> list[Route]:
    """`make` gives the OpenAPI document; it is asked once, by the first reader."""
    document = functools.cache(make)

    async def api_docs(exchange: Exchange) -> web.Response:
        return exchange.plain(document())

    async def page(_: Exchange) -> web.Response:
        return web.Response(text=PAGE.format(title=name.upper()), content_type="text/html")

    async def asset(exchange: Exchange) -> web.Response:
        wanted = exchange.path["file"]
        if wanted not in ASSET_TYPES:
            raise ApiError.not_found(wanted)
        body = (ASSETS / f"{wanted}.gz").read_bytes()
        headers = {"Content-Type": f"{ASSET_TYPES[wanted]}; charset=utf-8", "Cache-Control": "max-age=3600"}
        if "gzip" in exchange.request.headers.get("Accept-Encoding", ""):
            return web.Response(body=body, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=gzip.decompress(body), headers=headers)

    return [
        Route("GET", "/v3/api-docs", api_docs, is_open=True, hidden=True),
        Route("GET", "/swagger-ui.html", page, is_open=True, hidden=True),
        Route("GET", "/swagger-ui/{file}", asset, is_open=True, hidden=True),
    ]
