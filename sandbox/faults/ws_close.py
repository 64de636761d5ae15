from __future__ import annotations

from pydantic import Field, field_validator

from sandbox.faults.points import Moment, StreamFrame
from sandbox.faults.stream_fault import StreamFault

__all__ = ["WsClose"]

ABNORMAL = 1006
NEVER_SENT = (1004, 1005, 1015)


class WsClose(StreamFault):
    """Closes a client's socket in place of a message; what it missed it sees when it connects again."""

    kind = "ws-close"

    code: int = Field(default=1011, ge=1000, le=4999)
    """The close code: 1011, 1012, 1013…; 1006 cuts the connection without a close frame."""
    reason: str = Field(default="", max_length=40)
    """What the close frame says."""

    @field_validator("code")
    @classmethod
    def _can_be_seen(cls, code: int) -> int:
        """RFC 6455, section 7.4.1."""
        if code in NEVER_SENT:
            raise ValueError(f"{code} is never sent; for a connection that is cut write {ABNORMAL}")
        return code

    async def act(self, point: StreamFrame, moment: Moment) -> bool:
        if self.code == ABNORMAL:
            return await point.abort()
        return await point.close(self.code, self.reason)
