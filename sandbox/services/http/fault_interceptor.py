"""The injection point of requests: an applied fault as an interceptor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.faults.applied import AppliedFault
from sandbox.services.http.authentication import AUTHENTICATOR
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.interception import Proceed
from sandbox.services.http.rate_limit import client_of

__all__ = ["FaultInterceptor"]


class FaultInterceptor:
    """Lets `applied` act on the requests that it strikes; the others pass."""

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied
        self.covers_actuator = bool(getattr(applied.fault, "covers_actuator", False))

    async def __call__(self, exchange: Exchange, proceed: Proceed) -> web.StreamResponse:
        point = _Request(exchange, proceed)
        return await self.applied.act(point) if self.applied.strikes(point) else await proceed()


class _Request:
    """An `HttpExchange`."""

    def __init__(self, exchange: Exchange, proceed: Proceed) -> None:
        self._exchange = exchange
        self._proceed = proceed

    @property
    def method(self) -> str:
        return self._exchange.request.method

    @property
    def path(self) -> str:
        return self._exchange.request.path

    def header(self, name: str) -> str | None:
        return self._exchange.request.headers.get(name)

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
        return await self._proceed()

    def refusal(self, status: int, message: str | None, retry_after_s: int | None) -> Any:
        """A status without a code of its own borrows that of its class."""
        code = next((each for each in ErrorCode if each.status == status), None)
        if code is None:
            code = ErrorCode.VALIDATION_ERROR if status < 500 else ErrorCode.INTERNAL_ERROR
        error = ApiError(code, message, status=status, retry_after_s=retry_after_s)
        return self._exchange.error(error)
