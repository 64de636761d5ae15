"""The outermost layer: a request's ids on the way in; its headers, fact and log line on the way out."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from json.encoder import encode_basestring as _quote

from aiohttp import web

from sandbox.contracts.instants import format_instant
from sandbox.contracts.redaction import redact_path
from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, TRACEPARENT, TraceContext
from sandbox.events.facts import RequestServed
from sandbox.events.log import CURRENT_TRACE
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.prometheus import RequestMeters
from sandbox.services.http.route import Endpoint, Handler
from sandbox.services.ports import ServiceContext

__all__ = ["Serve", "access", "add_handshake_headers"]

CLIENT_GONE = 499
Serve = Callable[[Endpoint], Callable[[web.Request], Awaitable[web.StreamResponse]]]
HANDSHAKE_HEADERS = web.RequestKey("handshake_headers", dict)
_log = logging.getLogger("sandbox.access")
_moment = lru_cache(maxsize=16)(format_instant)


def access(name: str, context: ServiceContext, rng: random.Random, layers: Handler, meters: RequestMeters) -> Serve:
    """Makes aiohttp's handler of an endpoint. It accepts or generates the ids, has the request served by the inner
    layers, and records one RequestServed fact for it; status 499 means that the client went away.

    This is not a middleware of aiohttp's: those cost each request as much again as all that happens here.
    """
    clock, facts, dialect, write_line = context.clock, context.facts, context.dialect, context.access_log

    def serve(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            trace = TraceContext.accept_lower(request.headers, rng)
            exchange = Exchange(request, trace, clock, dialect, endpoint)
            headers = exchange.response_headers = {
                REQUEST_ID: trace.request_id,
                CORRELATION_ID: trace.correlation_id,
                TRACEPARENT: trace.traceparent,
            }
            if endpoint.is_websocket:
                request[HANDSHAKE_HEADERS] = headers
            token = CURRENT_TRACE.set(trace)
            started_ns = time.perf_counter_ns()
            status = CLIENT_GONE
            try:
                response = await layers(exchange)
                status = response.status
                if not response.prepared and REQUEST_ID not in response.headers:
                    response.headers.update(headers)
                return response
            finally:
                took_ms = (time.perf_counter_ns() - started_ns) / 1e6
                path = request.raw_path
                if "?" in path:
                    path = redact_path(path)
                meters.add(request.method, endpoint.label, status, took_ms / 1000)
                facts.record(
                    RequestServed(
                        at_ms=clock.now_ms(),
                        source=name,
                        request_id=trace.request_id,
                        correlation_id=trace.correlation_id,
                        trace_id=trace.trace_id,
                        span_id=trace.span_id,
                        parent_span_id=trace.parent_span_id,
                        tenant=exchange.trace.tenant,
                        method=request.method,
                        route=endpoint.label,
                        path=path,
                        status=status,
                        took_ms=took_ms,
                        client=exchange.client,
                    )
                )
                if write_line is not None:
                    write_line(_line(name, trace, request.method, path, endpoint.label, status, took_ms))
                elif _log.isEnabledFor(logging.INFO):
                    _log.info(
                        "%s %s %d",
                        request.method,
                        path,
                        status,
                        extra={"service": name, "route": endpoint.label, "status": status, "tookMs": round(took_ms, 3)},
                    )
                CURRENT_TRACE.reset(token)

        return handle

    return serve


def _line(name: str, trace: TraceContext, method: str, path: str, route: str, status: int, took_ms: float) -> str:
    """What `JsonLines` makes of this request's log record, in a tenth of the time."""
    return (
        f'{{"timestamp": "{_moment(time.time_ns() // 1_000_000)}", "level": "INFO", "logger": "{_log.name}", '
        f'"message": {_quote(f"{method} {path} {status}")}, "requestId": {_quote(trace.request_id)}, '
        f'"correlationId": {_quote(trace.correlation_id)}, "traceId": "{trace.trace_id}", "spanId": "{trace.span_id}", '
        f'"service": "{name}", "route": {_quote(route)}, "status": {status}, "tookMs": {round(took_ms, 3)}}}\n'
    )


async def add_handshake_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A WebSocket's handshake goes out while its handler runs: its ids, limits and CORS are added just before."""
    headers = request.get(HANDSHAKE_HEADERS)
    if headers is not None:
        response.headers.update(headers)
