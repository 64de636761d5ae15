"""The registry as an aiohttp application: routes, content types, authentication, errors and facts around them."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.contracts.redaction import redact_path
from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, TRACEPARENT, TraceContext
from sandbox.events.facts import FactSink, RequestServed, trace_fields
from sandbox.registry.auth import BasicAuth
from sandbox.registry.negotiation import DEFAULT_TYPE, answer_type, require_readable
from sandbox.registry.refusal import Refusal
from sandbox.registry.registry import Registry
from sandbox.registry.routes.answers import Encoded, RawText
from sandbox.registry.routes.compatibility import CompatibilityRoutes
from sandbox.registry.routes.schemas import SchemaRoutes
from sandbox.registry.routes.server import ServerRoutes
from sandbox.registry.routes.settings import SettingRoutes
from sandbox.registry.routes.subjects import SubjectRoutes
from sandbox.registry.stray_path import stray_hint

__all__ = ["make_application"]

UNMATCHED = "*"
"""The route of a request that matches none, so that counters by route stay few."""
BODY_LIMIT_BYTES = 16 * 1024 * 1024
B3, B3_TRACE = "b3", "X-B3-TraceId"
_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
CLIENT_GONE = 499
Handler = Callable[[web.Request], Awaitable[Any]]
Proceed = Callable[[], Awaitable[web.StreamResponse]]
Interceptor = Callable[[web.Request, Proceed, Callable[[Refusal], web.Response]], Awaitable[web.StreamResponse]]
"""A fault as `sandbox.registry.request_fault` makes it; that is loaded only when there is one."""


def make_application(
    registry: Registry,
    facts: FactSink,
    clock: Clock,
    *,
    auth: BasicAuth | None = None,
    urls: Mapping[str, str] | None = None,
    cluster: str = "butterfly-sandbox",
    faults: Sequence[Interceptor] = (),
) -> web.Application:
    """`urls` maps service names to base URLs, for requests that meant another service; `faults` may be filled and
    emptied while the registry runs, the first one is outermost."""
    boundary = _Boundary(facts, clock, auth, urls or {}, faults)
    app = web.Application(middlewares=[boundary.serve], client_max_size=BODY_LIMIT_BYTES)
    for group in (
        SchemaRoutes(registry),
        SubjectRoutes(registry),
        CompatibilityRoutes(registry),
        SettingRoutes(registry),
    ):
        for method, path, handler in group.table():
            _route(app.router, method, path, handler)
            _route(app.router, method, f"/contexts/{{context}}{path}", handler)
    for method, path, handler in ServerRoutes(registry, cluster).table():
        _route(app.router, method, path, handler)
    return app


def _route(router: web.UrlDispatcher, method: str, path: str, handler: Handler) -> None:
    """A slash at the end makes no difference, and what can be got can be asked for without its body."""
    for spelling in dict.fromkeys((path, f"{path.rstrip('/')}/")):
        if method == "GET":
            router.add_get(spelling, handler)
        else:
            router.add_route(method, spelling, handler)


class _Boundary:
    """Between HTTP and the handlers: what comes in is checked, what goes out is JSON, whatever happens."""

    def __init__(
        self,
        facts: FactSink,
        clock: Clock,
        auth: BasicAuth | None,
        urls: Mapping[str, str],
        faults: Sequence[Interceptor],
    ) -> None:
        self._facts = facts
        self._clock = clock
        self._auth = auth
        self._urls = urls
        self._faults = faults

    @property
    def serve(self) -> Any:
        @web.middleware
        async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
            started_ns = time.monotonic_ns()
            status = CLIENT_GONE
            proceed: Proceed = partial(self._respond, request, handler)
            if self._faults:
                refused = partial(self._refused, content_type=DEFAULT_TYPE)
                for each in reversed(self._faults):
                    proceed = partial(each, request, proceed, refused)
            try:
                response = await proceed()
                status = response.status
            finally:
                self._record(request, status, (time.monotonic_ns() - started_ns) / 1e6)
            return response

        return serve

    async def _respond(self, request: web.Request, handler: Handler) -> web.Response:
        content_type = DEFAULT_TYPE
        try:
            if self._auth is not None:
                self._auth.require(request.headers.get("Authorization"))
            if (unmatched := request.match_info.http_exception) is not None:
                raise unmatched
            if request.method in ("POST", "PUT") and request.can_read_body:
                require_readable(request.headers.get("Content-Type"))
            content_type = answer_type(request.headers.get("Accept"))
            answer = await handler(request)
        except Refusal as error:
            return self._refused(error, content_type)
        except web.HTTPException as error:
            refused = self._refused(self._unserved(request, error), content_type)
            if isinstance(error, web.HTTPMethodNotAllowed):
                refused.headers["Allow"] = error.headers["Allow"]
            return refused
        if answer is None:
            return web.Response(status=204)
        return web.Response(body=_encoded(answer), headers={"Content-Type": content_type})

    def _refused(self, error: Refusal, content_type: str) -> web.Response:
        message = f"{error.message}: {error.hint}" if error.hint else error.message
        body = _dump({"error_code": error.code, "message": message})
        headers = {"Content-Type": content_type}
        if error.status == 401 and self._auth is not None:
            headers["WWW-Authenticate"] = self._auth.challenge
        return web.Response(status=error.status, body=body.encode(errors="replace"), headers=headers)

    def _unserved(self, request: web.Request, error: web.HTTPException) -> Refusal:
        hint = stray_hint(request.path, self._urls) if error.status == 404 else None
        return Refusal(error.status, f"HTTP {error.status} {error.reason}", hint=hint)

    def _record(self, request: web.Request, status: int, took_ms: float) -> None:
        headers = request.headers
        traced = TRACEPARENT in headers or REQUEST_ID in headers or CORRELATION_ID in headers
        trace = TraceContext.accept(headers) if traced or B3_TRACE in headers or B3 in headers else None
        resource = request.match_info.route.resource
        self._facts.record(
            RequestServed(
                at_ms=self._clock.now_ms(),
                source="schema-registry",
                method=request.method,
                route=resource.canonical if resource is not None else UNMATCHED,
                path=redact_path(request.raw_path),
                status=status,
                took_ms=took_ms,
                client=request.remote,
                **trace_fields(trace),
            )
        )


def _encoded(answer: Any) -> bytes:
    if isinstance(answer, Encoded):
        return answer.body
    text = answer.text if isinstance(answer, RawText) else _dump(answer)
    return text.encode(errors="replace")
