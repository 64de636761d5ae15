from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic import Field

from sandbox.contracts.duration import Duration
from sandbox.faults.fault import HttpFault
from sandbox.faults.points import Ending, HttpExchange, Moment

__all__ = ["SlowBody"]


class SlowBody(HttpFault):
    """Lets the service answer, sends the headers at once, and dribbles the body; the rest comes when it is removed."""

    kind = "slow-body"

    over_s: Duration = Field(gt=0)
    """How long the whole body takes, such as 5s."""
    pieces: int = Field(default=10, ge=2, le=1_000)
    """In how many pieces it comes."""

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        answer = await point.proceed()
        body = point.content(answer)
        if body is None:
            return answer
        return await point.send(answer, self._dribble(body, moment), length=len(body), ending=Ending.WHOLE)

    async def _dribble(self, body: bytes, moment: Moment) -> AsyncIterator[bytes]:
        """The time is spent before each piece; with fewer bytes than pieces there is one byte in each."""
        size = max(1, -(-len(body) // self.pieces))
        starts = range(0, len(body), size)
        for start in starts:
            await moment.wait(self.over_s / len(starts))
            yield body[start : start + size]
