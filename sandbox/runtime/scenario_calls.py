"""A scenario's calls to the sandbox's services: a story runs whatever dialect and credentials a sandbox asks for.

Answers are in the envelope unless a step asks for another dialect; where a credential is required, a call that brings
none comes with a token of the sandbox's.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

from sandbox.scenarios.calls import open_calls
from sandbox.scenarios.ports import Answer, Calls, Socket
from sandbox.services.bearer_token import issue_token
from sandbox.services.settings import HttpSettings

__all__ = ["ServiceCalls", "open_service_calls"]

DIALECT_HEADER = "X-Sandbox-Dialect"
CREDENTIALS = frozenset({"authorization", "x-api-key"})


class ServiceCalls:
    """`Calls` that ask the sandbox's own `endpoints`, and nobody else, for the envelope, with a token of all scopes
    where `settings` require one."""

    def __init__(self, calls: Calls, endpoints: Collection[str], settings: HttpSettings) -> None:
        self._calls = calls
        self._places = frozenset(urlsplit(url).netloc for url in endpoints)
        self._settings = settings

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit_s: float
    ) -> Answer:
        return await self._calls.request(method, url, self._shown(url, headers), body, limit_s)

    def connect(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Socket]:
        return self._calls.connect(url, self._shown(url, headers))

    def _shown(self, url: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        """A step that brings a dialect or a credential, be it a wrong one, means it."""
        if urlsplit(url).netloc not in self._places:
            return headers
        given, shown = {name.lower() for name in headers}, dict(headers)
        if DIALECT_HEADER.lower() not in given:
            shown[DIALECT_HEADER] = "envelope"
        if self._settings.auth == "required" and not CREDENTIALS & given:
            token = issue_token(self._settings, ("admin",), now_s=int(time.time()), subject="scenario")
            shown["Authorization"] = f"Bearer {token}"
        return shown


@asynccontextmanager
async def open_service_calls(endpoints: Collection[str], settings: HttpSettings) -> AsyncIterator[Calls]:
    """ServiceCalls over connections that are closed on leaving."""
    async with open_calls() as calls:
        yield ServiceCalls(calls, endpoints, settings)
