from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import SERVICES, HttpExchange, Moment

__all__ = ["RateLimit"]

SERVICE = "service"


class RateLimit(HttpFault):
    """Gives each client fewer requests a minute, counted from when it is made: 429 with the platform's headers.

    The services' calls to each other stay exempt unless `client` is `service`. It holds with rate limits off, too.
    """

    kind = "rate-limit"

    query: int | None = Field(default=None, ge=0)
    """How often a client may read (GET, HEAD) in a minute."""
    command: int | None = Field(default=None, ge=0)
    """How often a client may write (POST, PUT, PATCH, DELETE) in a minute."""
    admin: int | None = Field(default=None, ge=0)
    """How often a client may write to the actuator or use /api/v1/admin in a minute."""

    @model_validator(mode="after")
    def _limits_something(self) -> RateLimit:
        if self.query is None and self.command is None and self.admin is None:
            raise ValueError("needs query, command or admin: how many requests a client has in a minute")
        return self

    @classmethod
    def acts_on(cls) -> tuple[str, ...]:
        return tuple(each for each in SERVICES[cls.point] if each != "schema-registry")

    def matches(self, point: HttpExchange) -> bool:
        return super().matches(point) and (self.client == SERVICE or SERVICE not in point.clients)

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        limits = {"query": self.query, "command": self.command, "admin": self.admin}
        return await point.limited({name: limit for name, limit in limits.items() if limit is not None})
