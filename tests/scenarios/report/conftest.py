"""A run as its facts tell it, with everything a report can show."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.events.facts import (
    BreakerTransitioned,
    CallNotPermitted,
    DlqRecordWritten,
    Fact,
    FallbackUsed,
    FaultApplied,
    FaultRemoved,
    RecordProduced,
    RequestServed,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from sandbox.scenarios.result import Failure

T0 = 1_733_220_000_000
HOSTILE = "<script>alert('x')</script>\x1b[2J\x00 & \"quoted\""
"""What may come in with a record, a title or an error, and must stay text."""


def at(ms: int, source: str, kind: type[Fact], **members: Any) -> Fact:
    return kind(at_ms=T0 + ms, source=source, correlation_id="trace-1", **members)


def steps(*each: tuple[int, int, str, str, dict[str, Any]]) -> list[Fact]:
    """Of (begin, end, title, outcome, more)."""
    facts = []
    for number, (begin, end, title, outcome, more) in enumerate(each, 1):
        about = {"run": "run-1", "number": number, "title": title, "where": f"story.yaml:{number + 3}", "step": "wait"}
        facts.append(at(begin, "scenario", StepStarted, **about))
        facts.append(at(end, "scenario", StepFinished, **about, outcome=outcome, took_ms=float(end - begin), **more))
    return facts


@pytest.fixture
def story() -> list[Fact]:
    """An outage under load: a fault, a breaker that opens, dead letters, a failed step and one that was skipped."""
    failure = Failure(
        "CLOSED", f"OPEN · {HOSTILE}", (("last", "GET /x → 503 (12 ms) · req-1"), ("", "GET /x → 503")), "wait longer"
    )
    record = {"partition": 0, "offset": 0, "size_bytes": 9}
    moved = {"breaker": "capsule"}
    served = {"method": "GET", "route": "/x", "took_ms": 3.0}
    ended = {"run": "run-1", "scenario": "s", "outcome": "failed", "exit_code": 1}
    letter = {"dlq_id": "d", "group": "capsule", "partition": 0, "offset": 1, "category": "TIMEOUT", "retries": 3}
    caption = {"run": "run-1", "number": 0, "title": "CAPSULE fails.", "where": "story.yaml:3", "step": "say"}
    return [
        at(0, "scenario", ScenarioStarted, run="run-1", scenario=f"Outage {HOSTILE}", steps=4, seed=7, purpose="Proof"),
        at(1, "scenario", StepFinished, **caption, outcome="passed", took_ms=0.0),
        *steps(
            (2, 500, "publish 20 records to rim.fast-path", "passed", {"detail": "rim.fast-path-7@0"}),
            (500, 600, "docker: pause the broker", "skipped", {"detail": "skipped because there is no Docker"}),
            (600, 4_000, "breaker odyssey/capsule is CLOSED", "failed", {"detail": "…", "failure": failure.to_json()}),
        ),
        *(at(n * 100, "scenario", RecordProduced, topic="rim.fast-path", **record) for n in range(20)),
        at(700, "capsule", RecordProduced, topic="capsule.snapshots", **record),
        at(510, "capsule", FaultApplied, fault_id="outage", fault="http-status --status 503", target="capsule"),
        at(3_500, "capsule", FaultRemoved, fault_id="outage", hits=6),
        at(1_000, "odyssey", BreakerTransitioned, **moved, from_state="CLOSED", to_state="OPEN"),
        at(3_000, "odyssey", BreakerTransitioned, **moved, from_state="OPEN", to_state="HALF_OPEN"),
        at(3_200, "odyssey", BreakerTransitioned, **moved, from_state="HALF_OPEN", to_state="OPEN"),
        at(1_100, "odyssey", CallNotPermitted, **moved),
        at(1_101, "odyssey", FallbackUsed, **moved, cause=HOSTILE),
        at(100, "capsule", RequestServed, **served, path="/x", status=200),
        at(600, "capsule", RequestServed, **served, path=f"/x?q={HOSTILE}", status=503),
        at(601, "capsule", RequestServed, **served, path="/x", status=404),
        at(2_000, "capsule", DlqRecordWritten, **letter, topic="rim.fast-path", error=HOSTILE),
        at(4_100, "scenario", ScenarioFinished, **ended, took_ms=4_100.0),
    ]  # fmt: skip
