"""A story as the journal keeps it: a plan is asked for while PLATO is slow, the breaker opens, a record is given up."""

from __future__ import annotations

from typing import Any

from sandbox.control import models
from tests.tui.fake_feed import AT_MS

__all__ = ["FAULTS", "STORY", "CannedTraces"]

BEGIN_MS = AT_MS - 60_000
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PLANS = {"method": "POST", "route": "/api/v1/plans", "path": "/api/v1/plans"}


def fact(kind: str, source: str, after_ms: int, span: str | None = None, parent: str | None = None, **more: Any) -> Any:
    told = {"kind": kind, "source": source, "at_ms": BEGIN_MS + after_ms, "correlation_id": "corr-7f3c", **more}
    return told | (
        {"trace_id": TRACE, "span_id": span, "parent_span_id": parent, "request_id": "req-41aa"} if span else {}
    )


def place(offset: int, topic: str = "perception.events") -> dict[str, Any]:
    return {"topic": topic, "partition": 4, "offset": offset}


def call(after_ms: int, span: str, took_ms: float, attempt: int, **more: Any) -> Any:
    told = {"target": "plato", "method": "POST", "url": "http://127.0.0.1:8080/api/v1/plans", "took_ms": took_ms}
    return fact("DownstreamCalled", "odyssey", after_ms, span, "handle", **told, attempt=attempt, **more)


def handled(source: str, after_ms: int, span: str, took_ms: float, **more: Any) -> Any:
    told = {"group": source, "outcome": "processed", "took_ms": took_ms, **place(828), **more}
    return fact("RecordConsumed", source, after_ms, span, "write", **told)


FAULTS = (
    {"kind": "FaultApplied", "source": "plato", "at_ms": BEGIN_MS - 4_000, "seq": 1, "fault_id": "f1",
     "fault": "http-status 503 on POST /api/v1/plans", "target": "plato"},
    {"kind": "FaultRemoved", "source": "plato", "at_ms": BEGIN_MS + 5_000, "seq": 2, "fault_id": "f1", "hits": 2},
)  # fmt: skip
STORY = (
    fact("RequestServed", "capsule", 24, "post", "client", method="POST", route="/api/v1/capsules",
         path="/api/v1/capsules", status=202, took_ms=24.0),
    fact("RecordProduced", "capsule", 21, "write", "post", **place(828), size_bytes=206),
    handled("audit", 31, "audit", 4.0),
    fact("RecordProduced", "audit", 30, "audit-write", "audit", **place(91, "audit.events"), size_bytes=301),
    call(152, "call-1", 118.0, 1, status=503),
    fact("RequestServed", "plato", 150, "plan-1", "call-1", **PLANS, status=503, took_ms=112.0),
    fact("RetryScheduled", "odyssey", 154, "handle", "write", group="odyssey-reflex", **place(828), retry=1,
         wait_ms=100.0, category="DOWNSTREAM_FAILURE", error="PLATO answers 503"),
    call(372, "call-2", 114.0, 2, status=503),
    fact("RequestServed", "plato", 370, "plan-2", "call-2", **PLANS, status=503, took_ms=108.0),
    fact("BreakerTransitioned", "odyssey", 373, "handle", "write", breaker="plato", from_state="CLOSED",
         to_state="OPEN"),
    fact("RetryScheduled", "odyssey", 374, "handle", "write", group="odyssey-reflex", **place(828), retry=2,
         wait_ms=200.0, category="DOWNSTREAM_FAILURE", error="PLATO answers 503"),
    fact("CallNotPermitted", "odyssey", 575, "handle", "write", breaker="plato"),
    fact("DlqRecordWritten", "odyssey", 590, "handle", "write", dlq_id="0010c8e8-158c-4b1a-9c57-6c1de0f3a210",
         group="odyssey-reflex", **place(828), category="DOWNSTREAM_FAILURE", error="PLATO answers 503", retries=3),
    handled("odyssey", 596, "handle", 566.0, outcome="dead_lettered", attempts=3),
    fact("WebSocketMessageSent", "plato", 604, "ws", "handle", path="/ws/plans/p", client="c", type="PLAN_REJECTED"),
)  # fmt: skip
OTHERS = tuple(
    {
        "kind": "RequestServed", "source": ("capsule", "odyssey", "plato")[number % 3], "at_ms": AT_MS - 900 * number,
        "method": "GET", "route": "/r", "path": f"/api/v1/{('capsules', 'history', 'plans')[number % 3]}/{number:04}",
        "status": 200 if number % 5 else 503, "took_ms": 4.0 + number, "correlation_id": f"corr-{number:04x}",
    }
    for number in range(1, 19)
)  # fmt: skip


class CannedTraces:
    """`story` and `recent` may be changed while a test runs."""

    story: tuple[Any, ...] = STORY
    recent: tuple[Any, ...] = (*STORY, *OTHERS)

    async def trace(self, identity: str) -> models.Trace:
        known = identity in ("corr-7f3c", "req-41aa", TRACE)
        facts = [{"seq": 10 + number, **each} for number, each in enumerate(self.story)] if known else []
        facts.sort(key=lambda each: each["at_ms"])
        return models.Trace(id=identity, trace_ids=[TRACE], took_ms=604, truncated=False, facts=facts)

    async def facts(self, after: int = 0, *, kinds: Any = (), under: str | None = None, **_: Any) -> models.FactPage:
        told = FAULTS if "FaultApplied" in kinds else self.recent
        facts = [{"seq": 10 + number, **each} for number, each in enumerate(told)]
        if under is not None:
            facts = [each for each in facts if under in (each.get("correlation_id"), each.get("trace_id"))]
        return models.FactPage(journal="e1", next=200, gap=0, first=1, last=200, facts=facts if after < 200 else [])
