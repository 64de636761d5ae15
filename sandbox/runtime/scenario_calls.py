"""A scenario's calls where the services want a credential: one that brings none comes with a token of the sandbox's."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

from sandbox.scenarios.calls import open_calls
from sandbox.scenarios.ports import Answer, Calls, Socket
from sandbox.services.bearer_token import issue_token
from sandbox.services.settings import HttpSettings

__all__ = ["CredentialedCalls", "open_credentialed_calls"]

CREDENTIALS = frozenset({"authorization", "x-api-key"})


class CredentialedCalls:
    """`Calls` that show a token with all scopes to the sandbox's own `endpoints`, and to nobody else."""

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
        """A step that brings a credential, be it a wrong one, means it."""
        if urlsplit(url).netloc not in self._places or CREDENTIALS & {name.lower() for name in headers}:
            return headers
        token = issue_token(self._settings, ("admin",), now_s=int(time.time()), subject="scenario")
        return {**headers, "Authorization": f"Bearer {token}"}


@asynccontextmanager
async def open_credentialed_calls(endpoints: Collection[str], settings: HttpSettings) -> AsyncIterator[Calls]:
    """Plain calls where `settings` do not require a credential."""
    async with open_calls() as calls:
        yield CredentialedCalls(calls, endpoints, settings) if settings.auth == "required" else calls
