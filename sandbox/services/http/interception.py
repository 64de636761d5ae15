"""Where faults stand between the network and a service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from aiohttp import web

from sandbox.contracts.envelope import ApiError
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.limit_class import ACTUATOR_PREFIX
from sandbox.services.http.route import Handler

__all__ = ["Interceptor", "Proceed", "interception"]

Proceed = Callable[[], Awaitable[web.StreamResponse]]


class Interceptor(Protocol):
    """Something that may answer a request in the service's place (also by an ApiError), delay it, or change its answer.

    The actuator is left alone unless `covers_actuator`. What comes back from `proceed` is not sent yet, unless it is a
    WebSocket.
    """

    covers_actuator: bool

    async def __call__(self, exchange: Exchange, proceed: Proceed) -> web.StreamResponse: ...


def interception(interceptors: list[Interceptor], serve: Handler) -> Handler:
    """Pass each request through the interceptors that are there at this moment, first one outermost."""

    def intercept(exchange: Exchange) -> Awaitable[web.StreamResponse]:
        return _intercept(interceptors, serve, exchange) if interceptors else serve(exchange)

    return intercept


async def _intercept(interceptors: list[Interceptor], serve: Handler, exchange: Exchange) -> web.StreamResponse:
    proceed: Proceed = partial(serve, exchange)
    of_actuator = exchange.request.path.startswith(ACTUATOR_PREFIX)
    for each in reversed(interceptors):
        if each.covers_actuator or not of_actuator:
            proceed = partial(each, exchange, proceed)
    try:
        return await proceed()
    except ApiError as error:
        return exchange.error(error)
