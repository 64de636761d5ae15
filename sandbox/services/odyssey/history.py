"""CAPSULE's history of an entity, read through the breaker `capsule` (seed: Circuit Breaker Pattern)."""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import SandboxError
from sandbox.events.facts import FactSink, FallbackUsed, trace_fields
from sandbox.resilience import Guard
from sandbox.services.odyssey.downstream import Downstream, DownstreamFailed, DownstreamRejected, path_of

__all__ = ["CapsuleHistory", "History"]

PAGE_SIZE = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class History:
    """`capsules` as CAPSULE gave them, newest first; `degraded` when the fallback gave an empty list instead."""

    capsules: tuple[dict[str, Any], ...]
    degraded: bool = False
    cause: str | None = None

    @property
    def capsule_ids(self) -> list[str]:
        ids = (each.get("capsuleId") or each.get("id") for each in self.capsules)
        return [each for each in ids if isinstance(each, str)]


class CapsuleHistory:
    def __init__(self, downstream: Downstream, guard: Guard, clock: Clock, facts: FactSink) -> None:
        self._downstream = downstream
        self._guard = guard
        self._clock = clock
        self._facts = facts

    async def read(self, scope_id: str, from_ms: int | None, to_ms: int | None, trace: TraceContext) -> History:
        """The newest capsules of the span, ends included. Never fails: the fallback logs and gives an empty list."""
        attempts = itertools.count(1)

        async def get_history() -> tuple[dict[str, Any], ...]:
            query: dict[str, str | int] = {"size": PAGE_SIZE, "sort": "timestamp,desc"}
            if from_ms is not None:
                query["from"] = format_instant(from_ms)
            if to_ms is not None:
                query["to"] = format_instant(to_ms)
            path = f"/api/v1/history/{path_of(scope_id)}"
            try:
                reply = await self._downstream.call("GET", path, trace, query=query, attempt=next(attempts))
            except DownstreamRejected as error:
                if error.status == 404:
                    return ()
                raise
            return _capsules(reply.body)

        try:
            return History(await self._guard.execute(get_history))
        except SandboxError as error:
            return self._fallback(error, trace)

    def _fallback(self, error: SandboxError, trace: TraceContext) -> History:
        _log.warning("Fallback for getHistory: %s", error.message)
        about = {"at_ms": self._clock.now_ms(), "source": "odyssey", **trace_fields(trace)}
        self._facts.record(FallbackUsed(**about, breaker="capsule", cause=error.message))
        return History((), degraded=True, cause=error.message)


def _capsules(body: Any) -> tuple[dict[str, Any], ...]:
    """The list in any dialect: the seed's envelope, a bare array, Spring's page. Raises DownstreamFailed."""
    if isinstance(body, dict):
        body = next((body[name] for name in ("data", "content", "capsules") if name in body), None)
    if isinstance(body, dict):
        body = next((body[name] for name in ("capsules", "content", "items") if name in body), None)
    if not isinstance(body, list):
        raise DownstreamFailed("capsule answered a history that is not a list")
    return tuple(each for each in body if isinstance(each, dict))
