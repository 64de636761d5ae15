from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import Ending, HttpExchange, Moment

__all__ = ["MalformedBody"]


class MalformedBody(HttpFault):
    """Lets the service answer, with its status and headers, and breaks the JSON of the body."""

    kind = "malformed-body"

    text: str | None = None
    """The body that comes instead; half of the service's own, which is no JSON any more, when left out."""

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        answer = await point.proceed()
        body = point.content(answer)
        if body is None:
            return answer
        broken = _broken(body) if self.text is None else self.text.encode()
        return await point.send(answer, _one(broken), length=len(broken), ending=Ending.WHOLE)


def _broken(body: bytes) -> bytes:
    """Half of it and an opening brace: no JSON, wherever the cut is."""
    return body[: len(body) // 2] + b"{"


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body
