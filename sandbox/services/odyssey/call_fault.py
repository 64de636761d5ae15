"""The injection point of calls to other services: an applied fault as a CallInterception."""

from __future__ import annotations

from sandbox.faults.applied import AppliedFault
from sandbox.services.odyssey.downstream import Ask, Downstream, DownstreamFailed

__all__ = ["AppliedCallFault"]


class AppliedCallFault:
    """Lets `applied` act on the calls that it strikes; the others go out."""

    def __init__(self, applied: AppliedFault) -> None:
        self.applied = applied

    async def __call__(self, downstream: Downstream, ask: Ask) -> tuple[int, bytes]:
        point = _Call(downstream, ask)
        return await (self.applied.act(point) if self.applied.strikes(point) else ask())


class _Call:
    """A `faults.points.OutboundCall`."""

    def __init__(self, downstream: Downstream, ask: Ask) -> None:
        self.target = downstream.target
        self._downstream = downstream
        self._ask = ask

    async def proceed(self) -> tuple[int, bytes]:
        return await self._ask()

    def refused(self) -> DownstreamFailed:
        return self._downstream.refused()
