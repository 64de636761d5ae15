from __future__ import annotations

from typing import Any

from sandbox.faults.fault import HttpFault
from sandbox.faults.first_of import first_of
from sandbox.faults.points import Ending, HttpExchange, Moment

__all__ = ["Hang"]


class Hang(HttpFault):
    """Takes requests and never answers; those that still wait are served when it rests, is over or is removed."""

    kind = "hang"

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        is_healed = await first_of(moment.wait_for_rest(), point.client_gone()) == 0
        return await (point.proceed() if is_healed else point.hang_up(Ending.CLOSED))
