from __future__ import annotations

from typing import Any, Literal

from sandbox.faults.fault import HttpFault
from sandbox.faults.points import SERVICES, HttpExchange, Moment

__all__ = ["AuthOutage"]


class AuthOutage(HttpFault):
    """Nobody can tell good credentials from bad ones: every request with one is refused, other services' too.

    Requests without a credential go on as the sandbox's `--auth` has it.
    """

    kind = "auth-outage"

    answer: Literal["unauthorized", "unavailable"] = "unauthorized"
    """unauthorized: no credential is recognised any more (401). unavailable: the service says that it cannot check
    them (503)."""

    @classmethod
    def acts_on(cls) -> tuple[str, ...]:
        return tuple(each for each in SERVICES[cls.point] if each != "schema-registry")

    def matches(self, point: HttpExchange) -> bool:
        has_credential = point.header("Authorization") is not None or point.header("X-API-Key") is not None
        return has_credential and super().matches(point)

    async def act(self, point: HttpExchange, moment: Moment) -> Any:
        if self.answer == "unauthorized":
            return point.refusal(401, None, None)
        return point.refusal(503, "Credentials cannot be checked now", None)
