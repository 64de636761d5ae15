from __future__ import annotations

from typing import Any

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import Ending, HttpExchange, Moment

__all__ = ["EmptyResponse"]


class EmptyResponse(HttpFault):
    """Closes the connection in good order when a request has come, without a byte of an answer."""

    kind = "empty-response"

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        return await point.hang_up(Ending.CLOSED)
