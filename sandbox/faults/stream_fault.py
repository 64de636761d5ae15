"""Faults of PLATO's plan streams. They act on the messages of runs; a client's PING is always answered."""

from __future__ import annotations

from pydantic import Field

from sandbox.faults.fault import Fault, is_like
from sandbox.faults.points import STREAM, StreamFrame

__all__ = ["StreamFault"]


class StreamFault(Fault):
    """Which messages are meant; all of them when nothing is given."""

    point = STREAM

    plan: str | None = None
    """Only messages of the plan with this id."""
    type: str | None = None
    """Only messages of this type; `*` stands for anything: `STEP_*`."""
    after_messages: int = Field(default=0, ge=0)
    """Only once a client has been sent so many messages on its socket."""

    def matches(self, point: StreamFrame) -> bool:
        is_meant = self.type is None or is_like(point.type, self.type)
        return is_meant and self.plan in (None, point.plan_id) and point.sent >= self.after_messages
