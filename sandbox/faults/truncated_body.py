from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic import Field

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import Ending, HttpExchange, Moment

__all__ = ["TruncatedBody"]


class TruncatedBody(HttpFault):
    """Lets the service answer and closes the connection within the body, of which the headers promise more."""

    kind = "truncated-body"

    after_bytes: int | None = Field(default=None, ge=0)
    """How many bytes of the body come; half of it when left out. An answer that is no longer stays whole."""
    chunked: bool = False
    """In chunks, of which the last breaks off, rather than with a Content-Length that is not reached."""

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        answer = await point.proceed()
        body = point.content(answer)
        if body is None:
            return answer
        kept = len(body) // 2 if self.after_bytes is None else self.after_bytes
        if kept >= len(body):
            return answer
        sent = _half_a_chunk(point, body, kept) if self.chunked else _part(body, kept)
        return await point.send(answer, sent, length=None if self.chunked else len(body), ending=Ending.CLOSED)


async def _part(body: bytes, kept: int) -> AsyncIterator[bytes]:
    yield body[:kept]


async def _half_a_chunk(point: HttpExchange, body: bytes, kept: int) -> AsyncIterator[bytes]:
    """A good chunk, then the length of one with all that is left, and less than that."""
    good = kept // 2
    yield body[:good]
    await point.send_raw(f"{len(body) - good:x}\r\n".encode() + body[good:kept])
