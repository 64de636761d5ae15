from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import HttpExchange, Moment

__all__ = ["HttpStatus"]


class HttpStatus(HttpFault):
    """Answers with an error in the service's place, in the service's own form."""

    kind = "http-status"

    status: int = Field(ge=400, le=599)
    """The status, 400 to 599."""
    retry_after: int | None = Field(default=None, ge=0, le=86_400)
    """Seconds in `Retry-After` and in the body; none when left out."""
    message: str | None = None
    """The message of the error; the status' own when left out."""

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        return point.refusal(self.status, self.message, self.retry_after)
