"""The wire under the control API's client: questions by HTTP, messages by WebSocket, and what their failures mean."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from pydantic import BaseModel

from sandbox.clock import Clock, SystemClock
from sandbox.contracts.link_error import raise_for
from sandbox.errors import NotRunning

__all__ = ["Model", "Wire"]

Model = TypeVar("Model", bound=BaseModel)

HEARTBEAT_S = 20.0
MESSAGE_LIMIT_BYTES = 32 * 1024 * 1024


class Wire:
    """One running sandbox at `url`. It connects at the first question; calls wait at most `timeout_s` seconds.

    Raises NotRunning when nothing answers there as a sandbox does, and what the engine raised when it refuses.
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 30.0, clock: Clock | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout_s = timeout_s
        self._clock = clock or SystemClock()
        self._opened: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        self._is_closed = True
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._is_closed:  # a stream that connects again would else leave a session open
            raise NotRunning("this client has been closed", where=self.url)
        if self._opened is None:
            timeout = aiohttp.ClientTimeout(total=self._timeout_s)
            self._opened = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self._opened

    async def _ask(
        self,
        model: type[Model],
        method: str,
        path: str,
        *,
        body: Any = None,
        query: list[tuple[str, str]] | None = None,
    ) -> Model:
        try:
            async with self._session.request(method, self.url + path, json=body, params=query) as answer:
                status, content = answer.status, await answer.read()
        except TimeoutError:
            raise self._silent() from None
        except aiohttp.ClientError as error:
            raise self._away(error) from None
        raise_for(status, _decoded(content))
        try:
            return model.model_validate_json(content)
        except ValueError:
            raise NotRunning(
                "something answers there, but not as this sandbox does",
                where=self.url,
                hint="see `sandbox status`; client and engine must be of one version",
            ) from None

    async def _connected(self, path: str, query: list[tuple[str, str]]) -> AsyncGenerator[str, None]:
        """The text messages of a WebSocket until it ends. Raises what the engine sends as a last message."""
        try:
            async with asyncio.timeout(self._timeout_s):
                socket = await self._session.ws_connect(
                    self.url + path, params=query, heartbeat=HEARTBEAT_S, max_msg_size=MESSAGE_LIMIT_BYTES
                )
        except aiohttp.WSServerHandshakeError as error:
            await self._raise_refusal(path, query, error.status)
            raise self._away(error) from None
        except TimeoutError:
            raise self._silent() from None
        except aiohttp.ClientError as error:
            raise self._away(error) from None
        async with socket:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    if message.data.startswith('{"error"'):
                        raise_for(500, json.loads(message.data))
                    yield message.data

    async def _raise_refusal(self, path: str, query: list[tuple[str, str]], status: int) -> None:
        """A refused handshake hides its body: ask the same without one, where the refusal can be read."""
        if status < 500:
            try:
                async with self._session.get(self.url + path, params=query) as answer:
                    raise_for(answer.status, _decoded(await answer.read()))
            except (aiohttp.ClientError, TimeoutError):
                pass
            raise_for(status, None)

    def _away(self, error: Exception) -> NotRunning:
        return NotRunning(f"no sandbox answers: {error}", where=self.url, hint="start one with `sandbox up`")

    def _silent(self) -> NotRunning:
        return NotRunning(
            f"the sandbox does not answer within {self._timeout_s:g} s",
            where=self.url,
            hint="see `sandbox logs`; `sandbox down` ends it",
        )


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
