"""Tells of whole requests, with bodies, while somebody records: an interceptor that is only there then."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from aiohttp import web

from sandbox.contracts.envelope import ApiError
from sandbox.contracts.redaction import REDACTED, redact, redact_path, redact_text
from sandbox.events.facts import CallCaptured, FactSink, trace_fields
from sandbox.services.http.application import AUTHENTICATOR
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.interception import Proceed

__all__ = ["Capture"]

HEADERS = ("Accept", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Sandbox-Dialect", "X-Tenant-ID")
"""What a request asks by, besides its path and body; a credential or a cookie is never among them."""
NOBODYS = ("/v3/api-docs", "/swagger-ui", "/favicon.ico")
"""Paths of browsers and tools, which belong to no story."""
BODY_LIMIT_S = 5.0


class Capture:
    """Of the service `name`. Requests of other services, of the actuator and of documentation are left out."""

    covers_actuator = False

    def __init__(self, name: str, facts: FactSink, limit_bytes: int) -> None:
        self._name = name
        self._facts = facts
        self._limit_bytes = limit_bytes

    async def __call__(self, exchange: Exchange, proceed: Proceed) -> web.StreamResponse:
        request = exchange.request
        ours = request.app[AUTHENTICATOR].is_service(request.headers)
        if ours or request.method == "OPTIONS" or request.path.startswith(NOBODYS):
            return await proceed()
        began_ms = exchange.clock.now_ms()
        try:
            response = await proceed()
        except ApiError as error:
            response = exchange.error(error)
        if not isinstance(response, web.WebSocketResponse):
            await self._tell(exchange, response, began_ms)
        return response

    async def _tell(self, exchange: Exchange, response: web.StreamResponse, began_ms: int) -> None:
        request = exchange.request
        body, cut = self._text(await _body(request))
        answer, answer_cut = self._text(_content(response))
        self._facts.record(
            CallCaptured(
                at_ms=exchange.clock.now_ms(),
                source=self._name,
                **trace_fields(exchange.trace),
                method=request.method,
                path=redact_path(request.raw_path),
                status=response.status,
                began_ms=began_ms,
                headers={name: redact_text(request.headers[name]) for name in HEADERS if name in request.headers},
                body=body,
                answer=answer,
                cut=cut or answer_cut,
            )
        )

    def _text(self, content: bytes | None) -> tuple[str | None, bool]:
        """Without secrets, and whether it is too long to be told."""
        if not content:
            return None, False
        if len(content) > self._limit_bytes:
            return None, True
        return _redacted(content), False


async def _body(request: web.Request) -> bytes | None:
    """What the handler has read, or would have; None where that cannot be had."""
    if not request.body_exists:
        return None
    with suppress(web.HTTPException, web.RequestPayloadError, ConnectionError, TimeoutError):
        async with asyncio.timeout(BODY_LIMIT_S):
            return await request.read()
    return None


def _content(response: web.StreamResponse) -> bytes | None:
    body = getattr(response, "body", None)
    return bytes(body) if isinstance(body, bytes | bytearray) else None


def _redacted(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return redact_text(text)
    clean = redact(document)
    return text if REDACTED not in json.dumps(clean) else json.dumps(clean, ensure_ascii=False)
