"""The injection point of requests: an applied fault as an interceptor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.faults.applied import AppliedFault
from sandbox.faults.wire import SentAnswer, WireExchange
from sandbox.services.http.application import AUTHENTICATOR, RATE_LIMITER
from sandbox.services.http.cors import check_origin, is_preflight
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.interception import Proceed
from sandbox.services.http.rate_limit import RateLimiter, client_of

__all__ = ["FaultInterceptor"]


class FaultInterceptor:
    """Lets `applied` act on the requests that it strikes; the others pass.

    A browser's page can read what a fault answers: its preflights pass too, unless the fault's method is OPTIONS.
    """

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied
        self.covers_actuator = bool(getattr(applied.fault, "covers_actuator", False))
        self._limiters: dict[str, RateLimiter] = {}

    async def __call__(self, exchange: Exchange, proceed: Proceed) -> web.StreamResponse:
        check_origin(exchange)
        if is_preflight(exchange) and getattr(self.applied.fault, "method", None) != "OPTIONS":
            return await proceed()
        point = _Request(exchange, proceed, self._limiters)
        return await self.applied.act(point) if self.applied.strikes(point) else await proceed()


class _Sent(SentAnswer, web.StreamResponse):
    pass


class _Request(WireExchange):
    """An `HttpExchange`. `limiters` are those of its fault, made when they are first needed."""

    def __init__(self, exchange: Exchange, proceed: Proceed, limiters: dict[str, RateLimiter]) -> None:
        super().__init__(exchange.request, web.StreamResponse, _Sent)
        self._exchange = exchange
        self._proceed = proceed
        self._limiters = limiters

    @property
    def clients(self) -> Sequence[str]:
        """Its credential, if it is a good one, the tenant, the address, and the name that the rate limiter gives it."""
        request = self._exchange.request
        headers, authenticator = request.headers, request.app[AUTHENTICATOR]
        found = {client_of(headers, request.remote), f"address:{request.remote}"}
        with suppress(ApiError):
            caller = authenticator.authenticate(headers)
            found.add(caller.name)
            if caller.tenant is not None:
                found.add(f"tenant:{caller.tenant}")
        if tenant := headers.get("X-Tenant-ID"):
            found.add(f"tenant:{tenant}")
        return sorted(found)

    async def proceed(self) -> web.StreamResponse:
        """With the headers that every answer carries: what a fault sends itself goes out before they are added."""
        try:
            answer = await self._proceed()
        except ApiError as error:
            return self._exchange.error(error)
        if not answer.prepared:
            for name, value in self._exchange.response_headers.items():
                answer.headers.setdefault(name, value)
        return answer

    async def limited(self, limits: Mapping[str, int]) -> web.StreamResponse:
        usual = self._exchange.request.app[RATE_LIMITER]
        for kind, limit in limits.items():
            if kind not in self._limiters:
                only = replace(usual.limits, **{kind: limit})
                self._limiters[kind] = RateLimiter(self._exchange.clock, only, enabled=True)
        self._exchange.limiters = self._limiters
        return await self.proceed()

    def refusal(self, status: int, message: str | None, retry_after_s: int | None, code: int | None = None) -> Any:
        """A status without a code of its own borrows that of its class."""
        borrowed = next((each for each in ErrorCode if each.status == status), None)
        if borrowed is None:
            borrowed = ErrorCode.VALIDATION_ERROR if status < 500 else ErrorCode.INTERNAL_ERROR
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if status == 401 else {}
        error = ApiError(borrowed, message, status=status, retry_after_s=retry_after_s, headers=headers)
        return self._exchange.error(error)
