"""One endpoint: method, pattern, handler and what the OpenAPI document says about it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from pydantic import BaseModel

    from sandbox.services.http.exchange import Exchange

__all__ = ["Endpoint", "Handler", "Route"]

_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")

WEBSOCKET_PREFIX = "/ws/"
Handler = Callable[["Exchange"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` holds `{name}` for one segment and `{name:path}` for the rest, which may hold `/` (RimNodeIds do).

    `scope` is what the caller must have; `query`, `body` and `response_model` are what the handler reads and answers,
    `many` says that it answers a list of `response_model`, `status` what success is. An open route
    wants no credential; a hidden one is not in the OpenAPI document.
    """

    method: str
    pattern: str
    handler: Handler
    scope: str | None = None
    response_model: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    many: bool = False
    status: int = 200
    summary: str | None = None
    is_open: bool = False
    hidden: bool = False

    @property
    def label(self) -> str:
        """The pattern as facts, logs and OpenAPI show it: `/api/v1/history/{scopeId}`."""
        return _PARAMETER.sub(r"{\1}", self.pattern)

    @property
    def is_websocket(self) -> bool:
        return self.pattern.startswith(WEBSOCKET_PREFIX)

    @property
    def resource_path(self) -> str:
        """The pattern in aiohttp's spelling."""
        return _PARAMETER.sub(lambda found: f"{{{found[1]}:.+}}" if found[2] else f"{{{found[1]}}}", self.pattern)

    @property
    def specificity(self) -> tuple[bool, bool, int, int]:
        """Routes are matched in this order: fixed segments before parameters, `{name:path}` last."""
        greedy = ":path}" in self.pattern
        return greedy and self.pattern.endswith(":path}"), greedy, self.pattern.count("{"), -len(self.pattern)


class Endpoint:
    """What the layers around a handler know of its route; `queries` keeps validated query strings.

    `limit_class` is None where it depends on the request's method.
    """

    __slots__ = ("handle", "is_open", "is_websocket", "label", "limit_class", "queries", "scope")

    def __init__(
        self,
        label: str,
        handle: Handler,
        scope: str | None = None,
        *,
        is_open: bool = False,
        limit_class: tuple[str, bool] | None = None,
    ) -> None:
        self.label = label
        self.handle = handle
        self.scope = scope
        self.is_open = is_open
        self.limit_class = limit_class
        self.is_websocket = label.startswith(WEBSOCKET_PREFIX)
        self.queries: dict[tuple[type[BaseModel], str], BaseModel] = {}
