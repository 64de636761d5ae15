"""What every request passes through, outermost first: trace, access, interceptors, CORS, errors, rate limit, auth."""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from aiohttp import web

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, TRACEPARENT, TraceContext
from sandbox.errors import EnvironmentFailure
from sandbox.events.facts import RequestServed
from sandbox.events.log import CURRENT_TRACE
from sandbox.services.http.authentication import Authenticator
from sandbox.services.http.exchange import EXCHANGE, Exchange
from sandbox.services.http.rate_limit import ACTUATOR_PREFIX, RateLimiter, limit_class
from sandbox.services.http.stray import stray_message
from sandbox.services.ports import ServiceContext

__all__ = ["Interceptor", "Proceed", "access", "authentication", "errors", "interception", "rate_limiting", "tracing"]

Proceed = Callable[[web.Request], Awaitable[web.StreamResponse]]
UNMATCHED = ("unmatched", None)
_log = logging.getLogger("sandbox.access")


class Interceptor(Protocol):
    """Something that stands between the network and the service (a fault). It may answer, delay, or change the answer.

    The actuator is left alone unless `covers_actuator`.
    """

    covers_actuator: bool

    async def __call__(self, request: web.Request, proceed: Proceed) -> web.StreamResponse: ...


def tracing(context: ServiceContext, endpoints: Mapping[object, tuple[str, str | None]], rng: random.Random):
    """Accept or generate the ids, and keep them at hand for answers, facts and log lines.

    `endpoints` maps aiohttp's handler to the label of its route and the scope it wants.
    """
    clock, dialect = context.clock, context.dialect

    @web.middleware
    async def trace(request: web.Request, handler: Proceed) -> web.StreamResponse:
        context_of_call = TraceContext.accept(request.headers, rng)
        exchange = request[EXCHANGE] = Exchange(request, context_of_call, clock, dialect)
        exchange.route, exchange.scope = endpoints.get(request.match_info.handler, UNMATCHED)
        exchange.response_headers = {
            REQUEST_ID: context_of_call.request_id,
            CORRELATION_ID: context_of_call.correlation_id,
            TRACEPARENT: context_of_call.traceparent,
        }
        token = CURRENT_TRACE.set(context_of_call)
        try:
            return await handler(request)
        finally:
            CURRENT_TRACE.reset(token)

    return trace


def access(name: str, context: ServiceContext):
    """One RequestServed fact and one log line for each request; status 499 means that the client went away."""
    clock, facts = context.clock, context.facts

    @web.middleware
    async def access(request: web.Request, handler: Proceed) -> web.StreamResponse:
        exchange: Exchange = request[EXCHANGE]
        started_ns = time.perf_counter_ns()
        status = 499
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            took_ms = (time.perf_counter_ns() - started_ns) / 1e6
            trace = exchange.trace
            facts.record(
                RequestServed(
                    at_ms=clock.now_ms(),
                    source=name,
                    request_id=trace.request_id,
                    correlation_id=trace.correlation_id,
                    trace_id=trace.trace_id,
                    span_id=trace.span_id,
                    parent_span_id=trace.parent_span_id,
                    tenant=trace.tenant,
                    method=request.method,
                    route=exchange.route,
                    path=request.raw_path,
                    status=status,
                    took_ms=took_ms,
                    client=exchange.client,
                )
            )
            if _log.isEnabledFor(logging.INFO):
                _log.info(
                    "%s %s %d",
                    request.method,
                    request.raw_path,
                    status,
                    extra={"service": name, "route": exchange.route, "status": status, "tookMs": round(took_ms, 3)},
                )

    return access


def interception(interceptors: list[Interceptor]):
    """Pass the request through the interceptors that are there at this moment, first one outermost."""

    @web.middleware
    async def intercept(request: web.Request, handler: Proceed) -> web.StreamResponse:
        if not interceptors:
            return await handler(request)
        proceed = handler
        of_actuator = request.path.startswith(ACTUATOR_PREFIX)
        for each in reversed(interceptors):
            if each.covers_actuator or not of_actuator:
                proceed = _inside(each, proceed)
        return await proceed(request)

    return intercept


def _inside(interceptor: Interceptor, proceed: Proceed) -> Proceed:
    return lambda request: interceptor(request, proceed)


def errors(name: str, urls: Mapping[str, str]):
    """Every refusal and failure as the seed's error body.

    This is the request boundary, the one place of the services' REST side with a broad except: a handler's bug must
    reach the client as 500 INTERNAL_ERROR and the log with its ids, and must not end the connection unexplained.
    """

    @web.middleware
    async def errors(request: web.Request, handler: Proceed) -> web.StreamResponse:
        exchange: Exchange = request[EXCHANGE]
        try:
            return await handler(request)
        except ApiError as error:
            return exchange.error(error)
        except web.HTTPException as answer:
            return exchange.error(_as_api_error(answer, request, name, urls))
        except EnvironmentFailure as error:
            # The store, Kafka or another service is away: the caller may try again.
            _log.warning("%s on %s %s: %s", name, request.method, request.raw_path, error.render())
            return exchange.error(ApiError(ErrorCode.SERVICE_UNAVAILABLE))
        except Exception:  # noqa: BLE001 - the request boundary, see above
            _log.exception("%s failed on %s %s", name, request.method, request.raw_path, extra={"service": name})
            return exchange.error(ApiError(ErrorCode.INTERNAL_ERROR))

    return errors


def _as_api_error(answer: web.HTTPException, request: web.Request, name: str, urls: Mapping[str, str]) -> ApiError:
    """aiohttp's own refusals in the seed's words; a status without a code of its own borrows the nearest one."""
    if isinstance(answer, web.HTTPMethodNotAllowed):
        message = f"{request.method} is not allowed here"
        allow = ", ".join(sorted(answer.allowed_methods))
        return ApiError(ErrorCode.VALIDATION_ERROR, message, status=405, headers={"Allow": allow})
    if isinstance(answer, web.HTTPRequestEntityTooLarge):
        return ApiError(ErrorCode.VALIDATION_ERROR, "Request body is too large", status=413)
    if answer.status == 404:
        elsewhere = stray_message(name, request.path, urls)
        return ApiError(ErrorCode.NOT_FOUND, elsewhere or f"Nothing is at {request.path}")
    code = next((each for each in ErrorCode if each.status == answer.status), None)
    if code is None:
        code = ErrorCode.VALIDATION_ERROR if answer.status < 500 else ErrorCode.INTERNAL_ERROR
    return ApiError(code, answer.reason, status=answer.status)


def rate_limiting(limiter: RateLimiter, authenticator: Authenticator):
    """Count the request for its client; the three headers go on every answer, also on refusals and errors."""

    @web.middleware
    async def rate_limit(request: web.Request, handler: Proceed) -> web.StreamResponse:
        exchange: Exchange = request[EXCHANGE]
        headers = request.headers
        exchange.client = client = client_of(headers, request.remote)
        if not limiter.enabled or authenticator.is_service(headers):
            return await handler(request)
        kind, counted = limit_class(request.method, request.path)
        admission = limiter.admit(client, kind, counted=counted)
        exchange.response_headers.update(admission.headers())
        if not admission.admitted:
            raise ApiError(ErrorCode.RATE_LIMITED, retry_after_s=admission.wait_s)
        return await handler(request)

    return rate_limit


def client_of(headers: Mapping[str, str], address: str | None) -> str:
    """Who is counted: the credential (as a digest), else the tenant, else the address."""
    credential = headers.get("Authorization") or headers.get("X-API-Key")
    if credential:
        return "credential:" + hashlib.sha256(credential.encode(errors="replace")).hexdigest()[:16]
    if tenant := headers.get("X-Tenant-ID"):
        return f"tenant:{tenant}"
    return f"address:{address}"


def authentication(authenticator: Authenticator):
    """Find out who calls, and whether they have the route's scope. Reading the actuator needs no credential."""

    @web.middleware
    async def authenticate(request: web.Request, handler: Proceed) -> web.StreamResponse:
        if request.path.startswith(ACTUATOR_PREFIX) and request.method in {"GET", "HEAD"}:
            return await handler(request)
        exchange: Exchange = request[EXCHANGE]
        exchange.principal = principal = authenticator.authenticate(request.headers)
        if not principal.may(exchange.scope):
            raise ApiError(ErrorCode.FORBIDDEN)
        return await handler(request)

    return authenticate
