from __future__ import annotations

from typing import Any

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import Ending, HttpExchange, Moment

__all__ = ["Reset"]


class Reset(HttpFault):
    """Breaks the connection off when a request has come (TCP RST): "connection reset by peer"."""

    kind = "reset"

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        return await point.hang_up(Ending.RESET)
