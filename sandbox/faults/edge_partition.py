from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import WithJsonSchema

from sandbox.faults.edge_fault import EdgeFault
from sandbox.faults.points import Moment, OutboundCall

__all__ = ["EdgePartition", "Unreachable"]


class Unreachable(StrEnum):
    REFUSED = "refused"
    BLACK_HOLE = "black-hole"


How = Annotated[Unreachable, WithJsonSchema({"type": "string", "enum": list(Unreachable)})]


class EdgePartition(EdgeFault):
    """Lets no call of a service reach another, which goes on for everybody else."""

    kind = "edge-partition"

    how: How = Unreachable.REFUSED
    """refused: each connection at once; black-hole: no answer until the caller's time limit."""

    async def act(self, point: OutboundCall, moment: Moment) -> Any:
        if self.how is Unreachable.REFUSED:
            raise point.refused()
        await moment.wait_for_rest()
        return await point.proceed()
