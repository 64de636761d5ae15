"""Bodies and queries of the control API. A request with unknown members is refused; an answer may have more."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sandbox.control.instant import Instant

__all__ = [
    "BreakerState", "Breakers", "Component", "ComponentState", "Counts", "Endpoints", "ErrorAnswer", "ErrorBody",
    "FactBatchBody", "FactPage", "FactQuery", "Finding", "Ledger", "Limits", "LimitsByService", "NextFact", "Proof",
    "PublishRequest", "Published", "Replaced", "RunStarted", "ScenarioRun", "ShutdownRequest", "Status", "Stopping",
    "StreamQuery", "TailQuery", "TailedRecord", "TeamContracts", "Topic", "TopicList", "Trace",
]  # fmt: skip

ComponentState = Literal["starting", "ready", "degraded", "failed", "stopping", "stopped"]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class ErrorBody(_Answer):
    """What went wrong and the way out."""

    code: str
    """NOT_FOUND, INVALID_REQUEST, UNAUTHORIZED, FORBIDDEN, CONFLICT, NOT_READY…"""
    message: str
    hint: str | None = None
    """The way out."""
    where: str | None = None
    """The field, place or name at fault."""


class ErrorAnswer(_Answer):
    """The body of every answer of 400 or more."""

    error: ErrorBody


# Status


class Endpoints(_Answer):
    """Where to reach each part: a host:port or a URL without a path; null for what is left out."""

    kafka: str | None = None
    """Bootstrap servers."""
    schema_registry: str | None = None
    capsule: str | None = None
    odyssey: str | None = None
    plato: str | None = None
    control: str | None = None


class Component(_Answer):
    """One part that the engine supervises."""

    name: str
    state: ComponentState
    detail: str | None = None
    """Why it is in this state."""
    pid: int | None = None
    restarts: int = 0
    since_ms: int | None = None
    """When it came into this state, in epoch milliseconds."""
    process: str | None = None
    """The process that it runs in."""


class Proof(_Answer):
    """One round trip that was made to prove the sandbox ready."""

    what: str
    took_ms: float


class Replaced(_Answer):
    """A service of somebody's own, in place of ours."""

    url: str
    reachable: bool | None = None
    """Whether something takes connections there; null before the first look."""
    detail: str | None = None
    """Why nobody could be reached."""


class Finding(_Answer):
    """Something that our services miss in a team's contracts."""

    topic: str
    field: str | None = None
    fails: bool
    """Whether records are dead-lettered or cannot be published for it; else something is only left out."""
    text: str
    effects: list[dict[str, str]]
    """What each `service` does about it, its `effect`."""


class TeamContracts(_Answer):
    """Where the contracts come from, and what our services miss in them."""

    folder: str | None = None
    """The folder given by `--contracts`; null for the built-in contracts."""
    findings: list[Finding] = []


class Status(_Answer):
    """The object of `sandbox status --json`."""

    name: str
    state: ComponentState
    runtime: str
    """embedded, docker or attach."""
    ready: bool
    """Whether every link has been used once for real, and still holds."""
    endpoints: Endpoints
    components: list[Component]
    proof: list[Proof] = []
    detail: str | None = None
    """What still keeps it from being ready."""
    left_out: list[str] = []
    """Services that this sandbox does without."""
    replaced: dict[str, Replaced] = {}
    """Services that somebody's own stand in for."""
    contracts: TeamContracts | None = None
    uptime_ms: int | None = None
    versions: dict[str, str] = {}
    """Of the sandbox, of Kafka, of Python."""


# Facts


def _split(given: object) -> object:
    """`kind=A&kind=B` and `kind=A,B` mean the same."""
    if isinstance(given, list):
        return [part for each in given for part in str(each).split(",") if part]
    return given


Names = Annotated[list[str], BeforeValidator(_split)]


class StreamQuery(_Request):
    after: int | None = None
    """Sequence number read up to; negative counts from the end. Without it the stream begins now."""
    kind: Names = []
    """Kinds of facts wanted: repeated, or separated by commas. All without it."""
    source: Names = []
    """Components wanted: repeated, or separated by commas. All without it."""
    under: str | None = None
    """A request, correlation or trace id."""


class FactQuery(_Request):
    after: int = 0
    """Sequence number read up to; negative counts from the end."""
    limit: int = Field(default=500, ge=1, le=5_000)
    """At most so many facts in one answer."""
    kind: Names = []
    """Kinds of facts wanted: repeated, or separated by commas. All without it."""
    source: Names = []
    """Components wanted: repeated, or separated by commas. All without it."""
    under: str | None = None
    """A request, correlation or trace id."""
    wait_s: float = Field(default=0, ge=0, le=30)
    """How long to wait for a first fact when there is none yet, in seconds."""


class FactPage(_Answer):
    """Facts in the order of their number `seq`. Read on with `after=next`; `next < last` means there is more."""

    journal: str
    """Changes when the engine starts anew and numbers begin again."""
    next: int
    gap: int
    """Facts right after the asked number that are gone."""
    first: int
    """Number of the oldest fact that is kept."""
    last: int
    """Number of the newest fact."""
    facts: list[dict[str, Any]]
    """Each with `seq`, `kind`, `at_ms`, `source` and its own members."""


class FactBatchBody(_Request):
    """A batch of facts from a service process, numbered within its epoch."""

    instance: str = Field(min_length=1, max_length=200)
    epoch: str = Field(min_length=1, max_length=200)
    """New at each start of the process."""
    first: int = Field(ge=0)
    """Number of the batch's first fact, from 0."""
    lost: int = Field(ge=0)
    """Facts right before `first` that the sender had to drop."""
    facts: list[dict[str, Any]]


class NextFact(_Answer):
    next: int
    """Number of the fact that the engine wants next."""


class Counts(_Answer):
    """Exact counts since the engine started, whatever the journal still keeps."""

    total: int
    lost: int
    """Facts that never reached the journal."""
    kinds: dict[str, int]
    rows: list[dict[str, Any]]
    """`kind`, `source`, `labels` and `count` of each combination that occurred."""


class Ledger(_Answer):
    """What each consumer group did with its records."""

    lost: int
    """Facts that never reached the journal: above 0, the numbers are at least what they say."""
    groups: dict[str, dict[str, Any]]
    """processed, dead_lettered, skipped, duplicate, replay_duplicate; their sum `finished`; in_flight, lost, lag by
    topic; retries, redelivered, replayed, dlq_written, dlq_by_category."""


class Trace(_Answer):
    """Every fact under one request, correlation or trace id, in the order in which it happened."""

    id: str
    trace_ids: list[str]
    took_ms: int
    truncated: bool
    facts: list[dict[str, Any]]


# Kafka


class Topic(_Answer):
    name: str
    partitions: int | list[dict[str, Any]]
    """How many; in the answer for one topic, each with its offsets."""


class TopicList(_Answer):
    topics: list[Topic]


class TailQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    start: Literal["latest", "earliest"] | Instant = Field(default="latest", alias="from")
    """Where to begin: `latest`, `earliest`, or a time (ISO-8601 or epoch milliseconds)."""


class TailedRecord(_Answer):
    """A record as it stands in a topic."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int | None = None
    key: str | None = None
    value: Any = None
    """Decoded by its schema or as JSON; text or base64 when it is neither."""
    headers: list[tuple[str, str | None]] | dict[str, str | None] = []
    error: str | None = None
    """Why the value could not be decoded."""


class PublishRequest(_Request):
    """A record to publish: `value` is encoded by the topic's contract, `value_base64` is sent as it is."""

    value: Any = None
    value_base64: str | None = None
    """Raw bytes, for a record that keeps no contract."""
    key: str | None = None
    headers: dict[str, str] = {}
    """Tracing headers are added when there are none."""
    partition: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_value(self) -> PublishRequest:
        given = {"value", "value_base64"} & self.model_fields_set
        if len(given) != 1:
            raise ValueError("give either value or value_base64 (value null is a tombstone)")
        return self


class Published(_Answer):
    topic: str
    partition: int
    offset: int


# Scenarios, breakers, the end


class RunStarted(_Answer):
    run: str


class ScenarioRun(_Answer):
    run: str
    state: str
    """running, then passed, failed or stopped."""
    scenario: str | None = None
    held: dict[str, str] | None = None
    """`title`, `step` and `where` of the step before which the run waits, with `step` of its document."""


class BreakerState(_Answer):
    state: str
    """CLOSED, OPEN, HALF_OPEN, DISABLED, FORCED_OPEN or METRICS_ONLY."""


class Breakers(_Answer):
    breakers: dict[str, BreakerState]
    """By `service/name`."""


class Limits(_Answer):
    """Requests that one client may make of a service per window."""

    query: int
    """GET and HEAD."""
    command: int
    """POST, PUT, PATCH and DELETE."""
    admin: int
    """Writes of the actuator, and `/api/v1/admin/**`."""
    windowSeconds: int
    """How long a window lasts, from its first request."""
    enabled: bool
    """Whether requests are counted at all."""


class LimitsByService(_Answer):
    limits: dict[str, Limits]


class ShutdownRequest(_Request):
    purge: bool = False
    """Whether to remove the sandbox's data too."""


class Stopping(_Answer):
    state: Literal["stopping"] = "stopping"
