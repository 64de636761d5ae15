"""HTTP and WebSocket calls with aiohttp: one session for a run, nothing followed, nothing read without limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.scenarios.ports import Answer, Message

__all__ = ["AiohttpCalls", "open_calls"]

BODY_LIMIT_BYTES = 4 * 1024 * 1024
MESSAGE_LIMIT_BYTES = 4 * 1024 * 1024
CONNECT_LIMIT_S = 5.0
CLOSE_LIMIT_S = 2.0
ABNORMAL = 1006
"""Close code of a connection that ended without a close frame."""


class AiohttpCalls:
    """`Calls` over one aiohttp session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit_s: float
    ) -> Answer:
        """Raises UpstreamUnavailable when no whole answer comes, UsageError for a URL or header that cannot be sent."""
        began = time.perf_counter()
        limit = aiohttp.ClientTimeout(total=limit_s, sock_connect=CONNECT_LIMIT_S)
        try:
            async with self._session.request(
                method, url, headers=headers, data=body, timeout=limit, allow_redirects=False
            ) as response:
                content = await response.content.read(BODY_LIMIT_BYTES + 1) if method != "HEAD" else b""
                while len(content) <= BODY_LIMIT_BYTES and not response.content.at_eof():
                    content += await response.content.read(BODY_LIMIT_BYTES + 1 - len(content))
                received = dict(response.headers)
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise UsageError(f"cannot call {url}: {error}") from None
        except TimeoutError:
            raise UpstreamUnavailable(f"no answer in {limit_s:g} s", where=url) from None
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamUnavailable(_reason(error), where=url) from None
        took_ms = (time.perf_counter() - began) * 1000
        return Answer(response.status, received, content[:BODY_LIMIT_BYTES], took_ms, len(content) > BODY_LIMIT_BYTES)

    @asynccontextmanager
    async def connect(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[AiohttpSocket]:
        if url.partition("://")[0] not in ("ws", "wss", "http", "https"):
            raise UsageError(f"cannot connect to {url}: expected ws:// or wss://")
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                opened = await self._session.ws_connect(
                    url,
                    headers=headers,
                    max_msg_size=MESSAGE_LIMIT_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_LIMIT_S),
                )
        except (aiohttp.InvalidURL, ValueError) as error:
            raise UsageError(f"cannot connect to {url}: {error}") from None
        except aiohttp.WSServerHandshakeError as error:
            raise UpstreamUnavailable(f"the handshake was answered {error.status}", where=url) from None
        except TimeoutError:
            raise UpstreamUnavailable(f"no handshake in {CONNECT_LIMIT_S:g} s", where=url) from None
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamUnavailable(_reason(error), where=url) from None
        try:
            yield AiohttpSocket(opened, url)
        finally:
            await opened.close()


class AiohttpSocket:
    """`Socket` over an aiohttp WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, url: str) -> None:
        self._socket = socket
        self._url = url

    async def send(self, text: str) -> None:
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise UpstreamUnavailable(_reason(error), where=self._url) from None

    async def receive(self) -> Message:
        received = await self._socket.receive()
        if received.type is aiohttp.WSMsgType.TEXT:
            return Message(received.data)
        if received.type is aiohttp.WSMsgType.BINARY:
            return Message(received.data.decode("utf-8", errors="replace"))
        code = self._socket.close_code or ABNORMAL
        return Message(None, closed=code, reason=received.extra if isinstance(received.extra, str) else "")


@asynccontextmanager
async def open_calls() -> AsyncIterator[AiohttpCalls]:
    """Calls whose connections are closed on leaving."""
    async with aiohttp.ClientSession(auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield AiohttpCalls(session)


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    text = getattr(cause, "strerror", None) or str(error) or type(error).__name__
    return f"no answer: {text}"
