"""Facts: what happened, in the past tense, each with its data. Nothing here says what to do about it.

A component records facts through a `FactSink`; the engine's journal numbers them. `at_ms` is epoch milliseconds on
the sandbox's clock, `source` the component (`capsule`, `engine`…), durations are milliseconds. The trace fields are
those of the piece of work that the fact belongs to; they are absent where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sandbox.events.fact import Fact, FactSink, trace_fields
from sandbox.events.scenario_facts import ScenarioFinished, ScenarioStarted, StepFinished, StepHeld, StepStarted

__all__ = [
    "FACTS", "BreakerTransitioned", "CallCaptured", "CallNotPermitted", "ComponentStateChanged", "DlqPurged",
    "DlqRecordReplayed", "DlqRecordWritten", "DlqReplayFinished", "DlqReplayStarted", "DlqStatusChanged",
    "DownstreamCalled", "Fact", "FactSink", "FactsLost", "FallbackUsed", "FaultApplied", "FaultRemoved",
    "GroupOffsetsSet", "PlanFinished", "PlanStarted", "PlanStepFinished", "RecordConsumed", "RecordProduced",
    "RequestServed", "RetryScheduled", "SandboxReset", "ScenarioFinished", "ScenarioStarted", "SchemaRegistered",
    "ServiceReset", "StepFinished", "StepHeld", "StepStarted", "WebSocketClosed", "WebSocketMessageSent",
    "WebSocketOpened", "fact_from_json", "trace_fields",
]  # fmt: skip


# Components


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentStateChanged(Fact):
    """`state` is one of starting, ready, degraded, failed, stopping, stopped."""

    component: str
    state: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsLost(Fact):
    """A component's buffer overflowed while the engine was away: `count` facts were dropped, oldest first."""

    count: int


# Kafka


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProduced(Fact):
    topic: str
    partition: int
    offset: int
    key: str | None = None
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsumed(Fact):
    """A consumer group is done with a record. `outcome`: processed, dead_lettered, skipped or duplicate.

    `replay_id` is that of the replay from the dead letters that brought the record, if one did.
    """

    group: str
    topic: str
    partition: int
    offset: int
    outcome: str
    took_ms: float
    attempts: int = 1
    key: str | None = None
    replay_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(Fact):
    """A consumer will try a record again; `retry` counts from 1."""

    group: str
    topic: str
    partition: int
    offset: int
    retry: int
    wait_ms: float
    category: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DlqRecordWritten(Fact):
    """`topic`, `partition` and `offset` are the original record's."""

    dlq_id: str
    group: str
    topic: str
    partition: int
    offset: int
    category: str
    error: str
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DlqReplayStarted(Fact):
    """`target` is the topic that records go to; `selected` letters are to be replayed."""

    replay: str
    topic: str
    target: str
    selected: int
    automatic: bool = False
    reason: str | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DlqRecordReplayed(Fact):
    """A dead letter's original went out again. `topic`, `partition` and `offset` say where it stands now.

    `replays` counts how often the record has been replayed, this time included; `dlq_ids` are the letters it stands
    for: one of each group that had failed on it.
    """

    replay: str
    replay_id: str
    dlq_ids: tuple[str, ...]
    topic: str
    partition: int
    offset: int
    replays: int
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DlqStatusChanged(Fact):
    """`topic` is the original topic; `status` one of PENDING, RETRYING, RESOLVED, DEAD, SKIPPED."""

    dlq_id: str
    topic: str
    group: str | None = None
    from_status: str
    status: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DlqReplayFinished(Fact):
    """`outcome`: finished or stopped."""

    replay: str
    topic: str
    outcome: str
    replayed: int
    skipped: int
    failed: int
    marked_dead: int
    took_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DlqPurged(Fact):
    """`count` letters of a topic were given up for good."""

    topic: str
    count: int
    reason: str | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOffsetsSet(Fact):
    """Somebody set a group's offsets `to` earliest, latest or a time: it reads `again` so many records that it had
    read, and leaves out `skipped`."""

    group: str
    to: str
    topics: tuple[str, ...]
    again: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReset(Fact):
    """A service forgot everything: its store and its breakers are as at its first start."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReset(Fact):
    """Everything is as at the first start: `records` were removed, and `topics`, `subjects` and `groups` that somebody
    had made."""

    records: int
    topics: tuple[str, ...]
    subjects: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRegistered(Fact):
    subject: str
    version: int
    schema_id: int


# REST and breakers


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestServed(Fact):
    """`route` is the pattern (`/api/v1/capsules/{id}`), `path` what was asked, with its query.

    `status` 444 means that a fault left it without an answer, 499 that the client went away.
    """

    method: str
    route: str
    path: str
    status: int
    took_ms: float
    client: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCaptured(Fact):
    """A request with its answer, while somebody records. `began_ms` is when it came.

    `body` and `answer` are texts, null where there is none, where it is no text, or where it is longer than the limit
    (`cut`). `headers` are the few that say what was asked for. Secrets are taken out before.
    """

    method: str
    path: str
    status: int
    began_ms: int
    headers: Mapping[str, Any]
    body: str | None = None
    answer: str | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DownstreamCalled(Fact):
    """`status` is None when no answer came; `error` says why."""

    target: str
    method: str
    url: str
    took_ms: float
    status: int | None = None
    error: str | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerTransitioned(Fact):
    breaker: str
    from_state: str
    to_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNotPermitted(Fact):
    breaker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackUsed(Fact):
    breaker: str
    cause: str


# Plans and WebSocket


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStarted(Fact):
    plan_id: str
    run_id: str
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStepFinished(Fact):
    plan_id: str
    run_id: str
    step: str
    outcome: str
    took_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFinished(Fact):
    plan_id: str
    run_id: str
    outcome: str
    took_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketOpened(Fact):
    path: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketMessageSent(Fact):
    path: str
    client: str
    type: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketClosed(Fact):
    path: str
    client: str
    code: int | None = None
    messages: int


# Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultApplied(Fact):
    fault_id: str
    fault: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRemoved(Fact):
    """`reason` is removed (by somebody), expired (its time was up, or it was done) or failed (it could not act)."""

    fault_id: str
    hits: int
    reason: str = "removed"


FACTS: dict[str, type[Fact]] = {
    name: each
    for name, each in list(globals().items())
    if isinstance(each, type) and issubclass(each, Fact) and each is not Fact
}
_MEMBERS = {name: frozenset(each.name for each in fields(kind)) for name, kind in FACTS.items()}


def fact_from_json(data: Mapping[str, Any]) -> Fact:
    """The fact that `to_json` wrote. Unknown members are ignored; raises ValueError on a wrong kind."""
    kind = FACTS.get(data.get("kind", ""))
    if kind is None:
        raise ValueError(f"unknown kind of fact: {data.get('kind')!r}")
    members = _MEMBERS[kind.__name__]
    try:
        return kind(**{name: value for name, value in data.items() if name in members})
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from None
