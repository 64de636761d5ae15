"""The injection point of requests to the registry: an applied fault before the handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.faults.applied import AppliedFault
from sandbox.faults.wire import SentAnswer, WireExchange
from sandbox.registry.refusal import Refusal

__all__ = ["Proceed", "Refused", "RequestFault"]

Proceed = Callable[[], Awaitable[web.StreamResponse]]
Refused = Callable[[Refusal], web.Response]


class RequestFault:
    """Lets `applied` act on the requests that it strikes; the others pass."""

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied

    async def __call__(self, request: web.Request, proceed: Proceed, refused: Refused) -> web.StreamResponse:
        point = _Request(request, proceed, refused)
        return await self.applied.act(point) if self.applied.strikes(point) else await proceed()


class _Sent(SentAnswer, web.StreamResponse):
    pass


class _Request(WireExchange):
    """An `HttpExchange`; `refused` makes the answer of a Refusal."""

    def __init__(self, request: web.Request, proceed: Proceed, refused: Refused) -> None:
        super().__init__(request, web.StreamResponse, _Sent)
        self._proceed = proceed
        self._refused = refused

    @property
    def clients(self) -> Sequence[str]:
        """Only the address: the registry's users are not those of the services."""
        return [f"address:{self._request.remote}"]

    async def proceed(self) -> web.StreamResponse:
        return await self._proceed()

    async def limited(self, limits: Mapping[str, int]) -> web.StreamResponse:
        """The registry has no limits."""
        return await self._proceed()

    def refusal(self, status: int, message: str | None, retry_after_s: int | None, code: int | None = None) -> Any:
        """Without a code of the registry's own the status is the code, as Confluent's has it."""
        said = message or f"HTTP {status} {_phrase(status)}".rstrip()
        answer = self._refused(Refusal(code or status, said, status=status))
        if retry_after_s is not None:
            answer.headers["Retry-After"] = str(retry_after_s)
        return answer


def _phrase(status: int) -> str:
    return next((each.phrase for each in HTTPStatus if each == status), "")
