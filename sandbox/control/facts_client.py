"""Link 1 on the wire: sends an outbox's batches to the engine."""

from __future__ import annotations

import json
from types import TracebackType

import aiohttp

from sandbox.errors import UsageError

__all__ = ["FactsClient"]

_REFUSED = {400, 413, 422}


class FactsClient:
    """The `Send` of an `Outbox`: `Outbox(instance, FactsClient(engine_url, token), clock)`.

    A wrong token counts as an engine that is away: a new engine may be starting there. Close it after the last flush.
    """

    def __init__(self, engine_url: str, token: str, *, timeout_s: float = 5.0) -> None:
        self._url = f"{engine_url.rstrip('/')}/v1/facts"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> FactsClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __call__(self, body: bytes) -> int | None:
        """The engine's `next`, or None while it is away. Raises UsageError when it refuses the batch as malformed."""
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        try:
            async with self._session.post(self._url, data=body) as answer:
                if answer.status in _REFUSED:
                    raise UsageError("the engine refuses the batch of facts", where=self._url, hint=await answer.text())
                if answer.status != 200:
                    return None
                following = json.loads(await answer.read()).get("next")
        except (aiohttp.ClientError, TimeoutError, ValueError, AttributeError):
            return None
        return following if isinstance(following, int) else None
