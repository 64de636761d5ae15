"""What the services did, told in words: one function for each kind of fact that is worth a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.events.facts import (
    BreakerTransitioned,
    CallNotPermitted,
    DlqRecordReplayed,
    DlqRecordWritten,
    DlqStatusChanged,
    DownstreamCalled,
    Fact,
    FallbackUsed,
    FaultApplied,
    FaultRemoved,
    PlanFinished,
    PlanStarted,
    PlanStepFinished,
    RecordConsumed,
    RecordProduced,
    RequestServed,
    RetryScheduled,
    WebSocketClosed,
    WebSocketMessageSent,
    WebSocketOpened,
)

__all__ = ["Deed", "deed_of", "format_took"]

NO_STATUS = {444: "no answer, by a fault", 499: "the client went away"}


@dataclass(frozen=True, slots=True)
class Deed:
    """`who` did `what`. `alike` groups the deeds that are shortened when there are many. `bad` is one to look at."""

    who: str
    what: str
    alike: str
    took_ms: float | None = None
    bad: bool = False


def deed_of(fact: Fact) -> Deed | None:
    """The line about a fact, None when it is not worth one."""
    tell = _TELLERS.get(type(fact))
    return tell(fact) if tell is not None else None


def format_took(took_ms: float) -> str:
    """`0.4 ms`, `12.3 ms`, `840 ms`, `1.24 s`."""
    if took_ms >= 1000:
        return f"{took_ms / 1000:.2f} s"
    return f"{took_ms:.{0 if took_ms >= 100 else 1}f} ms"


def _produced(fact: RecordProduced) -> Deed:
    return Deed(fact.source, f"wrote {_position(fact)}", f"wrote {fact.topic}")


def _consumed(fact: RecordConsumed) -> Deed:
    done = "" if fact.outcome == "processed" else f": {fact.outcome.replace('_', ' ')}"
    tries = f" in {fact.attempts} attempts" if fact.attempts > 1 else ""
    bad = fact.outcome == "dead_lettered"
    return Deed(fact.source, f"handled {_position(fact)}{tries}{done}", f"handled {fact.topic}", fact.took_ms, bad)


def _called(fact: DownstreamCalled) -> Deed:
    answer = f"→ {fact.status}" if fact.status is not None else f"got no answer: {fact.error}"
    path = urlsplit(fact.url).path
    again = f" (attempt {fact.attempt})" if fact.attempt > 1 else ""
    bad = fact.status is None or fact.status >= 500
    what = f"asked {fact.target.upper()} {fact.method} {path} {answer}{again}"
    return Deed(fact.source, what, f"asked {fact.target}", fact.took_ms, bad)


def _retried(fact: RetryScheduled) -> Deed:
    what = f"will try {_position(fact)} again in {fact.wait_ms:.0f} ms ({fact.category}: {fact.error})"
    return Deed(fact.source, what, "will try again", None, True)


def _dead(fact: DlqRecordWritten) -> Deed:
    what = f"gave {_position(fact)} up to the DLQ ({fact.category}: {fact.error})"
    return Deed(fact.source, what, f"gave up {fact.topic}", None, True)


def _plan_step(fact: PlanStepFinished) -> Deed:
    done = "did" if fact.outcome in ("COMPLETED", "completed", "SUCCESS", "passed") else f"ended {fact.outcome}"
    return Deed(fact.source, f"{done} step {fact.step}", f"step {fact.step}", fact.took_ms, done != "did")


def _plan_finished(fact: PlanFinished) -> Deed:
    bad = "FAIL" in fact.outcome.upper()
    return Deed(fact.source, f"finished {fact.plan_id}: {fact.outcome}", "finished plans", fact.took_ms, bad)


def _transitioned(fact: BreakerTransitioned) -> Deed:
    what = f"breaker {fact.breaker}: {fact.from_state} → {fact.to_state}"
    return Deed(fact.source, what, "breaker", bad=fact.to_state == "OPEN")


def _position(fact: Any) -> str:
    return f"{fact.topic}-{fact.partition}@{fact.offset}"


def _served(fact: RequestServed) -> Deed:
    answer = NO_STATUS.get(fact.status, str(fact.status))
    what = f"served {fact.method} {urlsplit(fact.path).path} → {answer}"
    return Deed(fact.source, what, f"served {fact.route}", fact.took_ms, fact.status >= 400)


def _replayed(fact: DlqRecordReplayed) -> Deed:
    what = f"sent a dead letter again as {_position(fact)} (replay {fact.replays})"
    return Deed(fact.source, what, f"sent again {fact.topic}")


def _settled(fact: DlqStatusChanged) -> Deed:
    note = f" ({fact.note})" if fact.note else ""
    what = f"dead letter {fact.dlq_id[:8]}: {fact.from_status} → {fact.status}{note}"
    return Deed(fact.source, what, "dead letter", bad=fact.status == "DEAD")


def _fault_off(fact: FaultRemoved) -> str:
    said = f"fault off: {fact.fault_id}, hit {fact.hits} times"
    return f"{said}, its time was up" if fact.reason == "expired" else said


def _closed(fact: WebSocketClosed) -> Deed:
    code = "" if fact.code is None else f" ({fact.code})"
    return Deed(fact.source, f"WebSocket closed{code} after {fact.messages} messages", "WebSocket closed")


_TELLERS: dict[type[Fact], Callable[[Any], Deed]] = {
    RecordProduced: _produced,
    RecordConsumed: _consumed,
    DownstreamCalled: _called,
    RetryScheduled: _retried,
    DlqRecordWritten: _dead,
    DlqRecordReplayed: _replayed,
    DlqStatusChanged: _settled,
    RequestServed: _served,
    WebSocketOpened: lambda fact: Deed(fact.source, f"WebSocket opened to {fact.client}", "WebSocket opened"),
    WebSocketMessageSent: lambda fact: Deed(fact.source, f"streamed {fact.type}", "streamed"),
    WebSocketClosed: _closed,
    BreakerTransitioned: _transitioned,
    CallNotPermitted: lambda fact: Deed(fact.source, f"breaker {fact.breaker} refused a call", "refused", bad=True),
    FallbackUsed: lambda fact: Deed(fact.source, f"fell back ({fact.cause})", "fell back", bad=True),
    PlanStarted: lambda fact: Deed(fact.source, f"began {fact.plan_id}, {fact.steps} steps", "began plans"),
    PlanStepFinished: _plan_step,
    PlanFinished: _plan_finished,
    FaultApplied: lambda fact: Deed(fact.source, f"fault on: {fact.fault} on {fact.target}", "fault on", bad=True),
    FaultRemoved: lambda fact: Deed(fact.source, _fault_off(fact), "fault off"),
}
