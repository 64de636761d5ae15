"""Who may use the sandbox's own HTTP links, and how a refusal or an error is answered: as JSON with a hint.

The token keeps other users out; the checks of Host and Origin keep out web pages in the user's own browser, which reach
loopback by DNS rebinding or by cross-site requests.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from sandbox.contracts.link_error import error_body, error_json
from sandbox.errors import SandboxError, UsageError

__all__ = ["LOOPBACK", "access_gate", "json_errors", "read_json"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def access_gate(
    token: str, *, hosts: Collection[str] | None = LOOPBACK, open_paths: Collection[str] = frozenset()
) -> Middleware:
    """Let a request through when its Host is one of `hosts`, its Origin too, and it carries `token`.

    `hosts` None takes any Host, and refuses every Origin. `open_paths` need no token. A WebSocket handshake may give
    the token as `?token=`, since browsers cannot set headers there.
    """
    if not token:
        raise UsageError("the token must not be empty")
    expected = token.encode()
    names = None if hosts is None else frozenset(_bare(name) for name in hosts)

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if names is not None and _host_name(request.headers.get(hdrs.HOST, "")) not in names:
            return _refuse(
                403, "FORBIDDEN", "this Host may not be asked for", "use 127.0.0.1 or localhost, or `up --advertise`"
            )
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and not _is_local(origin, names or frozenset()):
            return _refuse(403, "FORBIDDEN", "a page of this Origin may not ask", "ask from loopback or without a page")
        if request.path not in open_paths and not hmac.compare_digest(_given_token(request), expected):
            answer = _refuse(
                401,
                "UNAUTHORIZED",
                "the token is missing or wrong",
                "send `Authorization: Bearer` with SANDBOX_TOKEN as `sandbox env` gives it",
            )
            answer.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
            return answer
        return await handler(request)

    return gate


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer sandbox errors, unknown paths, wrong methods and oversized bodies in the links' error form."""
    try:
        return await handler(request)
    except SandboxError as error:
        status, body = error_json(error)
        return web.json_response(body, status=status)
    except web.HTTPNotFound:
        return _refuse(404, "NOT_FOUND", f"there is nothing at {request.path}", "see /openapi.json for what there is")
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        answer = _refuse(
            405, "INVALID_REQUEST", f"{request.path} does not take {request.method}", f"it takes {allowed}"
        )
        answer.headers[hdrs.ALLOW] = allowed
        return answer
    except web.HTTPRequestEntityTooLarge as error:
        return _refuse(413, "INVALID_REQUEST", error.text or "the body is too large", "send less at once")
    except web.HTTPClientError as error:
        return _refuse(error.status, "INVALID_REQUEST", error.reason, None)


async def read_json(request: web.Request) -> Any:
    """The decoded body. Raises UsageError with line and column where it is not JSON."""
    content = await request.read()
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        where = f"body:{error.lineno}:{error.colno}"
        raise UsageError(f"the body is not JSON: {error.msg}", where=where, hint="send a JSON object") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"the body is not JSON: {error}", where="body", hint="send a JSON object") from None


def _given_token(request: web.Request) -> bytes:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip().encode("utf-8", "surrogateescape")
    if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
        return request.query.get("token", "").encode("utf-8", "surrogateescape")
    return b""


def _host_name(host: str) -> str | None:
    """`[::1]:8099` → `::1`, `LOCALHOST:8099` → `localhost`; None when it is no host."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  raises ValueError for a malformed port
    except ValueError:
        return None
    return _bare(parts.hostname) if parts.hostname and parts.netloc == host and "@" not in host else None


def _is_local(origin: str, names: Collection[str]) -> bool:
    scheme, separator, host = origin.partition("://")
    return bool(separator) and scheme in {"http", "https"} and _host_name(host) in names


def _bare(name: str) -> str:
    return name.lower().strip("[]").removesuffix(".")


def _refuse(status: int, code: str, message: str, hint: str | None) -> web.Response:
    return web.json_response(error_body(code, message, hint=hint), status=status)
