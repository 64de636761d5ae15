"""Asking PLATO for a plan and its execution, through the breaker `plato`. There is no fallback."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from sandbox.contracts.tracing import TraceContext
from sandbox.resilience import Guard
from sandbox.services.odyssey.downstream import Downstream, DownstreamRejected, Reply, path_of

__all__ = ["Planner"]

_NOT_RUN_YET = ("PENDING", "APPROVED")
_REFUSED = ("REJECTED", "CANCELLED")


class Planner:
    """Both requests may be repeated: the plan's id is the caller's, and a plan that has run is not run again."""

    def __init__(self, downstream: Downstream, guard: Guard) -> None:
        self._downstream = downstream
        self._guard = guard

    async def plan(self, plan: Mapping[str, Any], trace: TraceContext) -> tuple[str, bool]:
        """Have PLATO make the plan: `(its id, whether it is new)`. One that exists already is as good.

        Raises UpstreamUnavailable (PLATO is away, or the breaker is open) or DownstreamRejected.
        """
        attempts = itertools.count(1)

        async def make() -> Reply:
            return await self._downstream.call("POST", "/api/v1/plans", trace, body=plan, attempt=next(attempts))

        try:
            made = _data(await self._guard.execute(make))
        except DownstreamRejected as error:
            if error.status != 409:
                raise
            return str(plan["planId"]), False
        return str(made.get("planId") or made.get("id") or plan["planId"]), True

    async def execute(self, plan_id: str, trace: TraceContext, *, is_new: bool) -> bool:
        """Have PLATO run the plan unless it has; False when the plan waits for an approval or was refused.

        A plan that is not new, and every attempt but the first, asks first whether the plan has run. Raises as `plan`.
        """
        path, attempts = f"/api/v1/plans/{path_of(plan_id)}", itertools.count(1)

        async def run() -> bool:
            attempt = next(attempts)
            if attempt > 1 or not is_new:
                reply = await self._downstream.call("GET", f"{path}/status", trace, attempt=attempt)
                status = _data(reply).get("status")
                if status not in _NOT_RUN_YET:
                    return status not in _REFUSED
            await self._downstream.call("POST", f"{path}/execute", trace, body={"mode": "LIVE"}, attempt=attempt)
            return True

        try:
            return await self._guard.execute(run)
        except DownstreamRejected as error:
            if error.status != 409:
                raise
            return False


def _data(reply: Reply) -> Mapping[str, Any]:
    body = reply.body
    if isinstance(body, dict) and isinstance(body.get("data"), dict):
        return body["data"]
    return body if isinstance(body, dict) else {}
