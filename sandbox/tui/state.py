"""What the screens show, as the feed last saw it: frozen, complete, and nothing that needs to be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "BreakerLine", "ComponentLine", "DeadLetterLine", "FaultLine", "LimitLine", "Link", "RunLine", "Segment",
    "ServiceLine", "Snapshot", "StepLine", "TopicLine", "TrafficLine",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """How the feed stands with the engine: connecting, live or reconnecting; `detail` says why it is not live."""

    state: str = "connecting"
    detail: str = ""
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """One part that the engine supervises. `state` is starting, ready, degraded, failed, stopping or stopped."""

    name: str
    state: str
    detail: str | None = None
    process: str | None = None
    restarts: int = 0
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A component that answers requests. Rates are per second, `rates` the last ones, oldest first; errors are 5xx."""

    name: str
    state: str
    detail: str | None = None
    rate: float = 0.0
    rates: tuple[float, ...] = ()
    error_percent: float = 0.0
    p95_ms: float | None = None
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A state that a breaker was in from `from_ms` on, in epoch milliseconds."""

    state: str
    from_ms: int


@dataclass(frozen=True, slots=True)
class BreakerLine:
    """`name` is service/breaker. Rates are percent, None below the minimum number of calls; `wait_left_s` counts down
    to half-open while it is OPEN."""

    name: str
    state: str
    failure_rate: float | None = None
    slow_rate: float | None = None
    failure_threshold: float = 50.0
    slow_threshold: float = 100.0
    calls: int = 0
    failed: int = 0
    not_permitted: int = 0
    wait_left_s: float | None = None
    lane: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A client's window of requests of one class at a service."""

    service: str
    kind: str
    client: str
    used: int
    limit: int
    left_s: float


@dataclass(frozen=True, slots=True)
class TopicLine:
    """`records` (kept now) and `produced` (ever) are exact: from offsets. `lags` are records behind, by group."""

    name: str
    partitions: int
    records: int
    rate: float = 0.0
    rates: tuple[float, ...] = ()
    bytes_rate: float | None = None
    size_bytes: int | None = None
    lags: tuple[tuple[str, int], ...] = ()
    internal: bool = False
    produced: int = 0

    @property
    def lag(self) -> int:
        return max((lag for _, lag in self.lags), default=0)


@dataclass(frozen=True, slots=True)
class DeadLetterLine:
    """A DLQ topic: `topic` is the original one, `depth` the letters that are pending."""

    topic: str
    dlq_topic: str
    depth: int
    total: int = 0
    rates: tuple[float, ...] = ()
    categories: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault in force. `left_s` is None when it stays until it is removed; `acting`: it would act now on what it
    means, it does not rest."""

    id: str
    kind: str
    on: str
    text: str
    hits: int = 0
    left_s: float | None = None
    acting: bool = True


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of a run: running, passed, failed, skipped or interrupted. `within_ms` is how long it may look; `path` is
    such as 7.2 for a step inside step 7, else empty."""

    number: int
    title: str
    state: str
    detail: str | None = None
    took_ms: float | None = None
    within_ms: float | None = None
    started_ms: int = 0
    where: str = ""
    failure: Mapping[str, object] | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A scenario's run: running, passed, failed, skipped or interrupted; `held` is the step that it waits to do."""

    run: str
    scenario: str
    state: str
    total: int
    steps: tuple[StepLine, ...] = ()
    purpose: str | None = None
    started_ms: int = 0
    took_ms: float | None = None
    held: str | None = None

    @property
    def done(self) -> int:
        """Steps of the story itself that are over."""
        return sum(1 for step in self.steps if step.number and not step.path and step.state != "running")


@dataclass(frozen=True, slots=True)
class TrafficLine:
    """Ambient traffic: whether the sandbox makes some, how much, and as which run of a scenario."""

    running: bool = False
    rate: float = 0.0
    sent: int = 0
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at `at_ms` (epoch milliseconds, the engine's clock). `epoch` is new when the engine started anew:
    what was read by sequence number before is then to be read again."""

    link: Link = field(default_factory=Link)
    epoch: str | None = None
    at_ms: int = 0
    name: str = ""
    runtime: str = ""
    kafka_version: str = ""
    state: str = "starting"
    detail: str | None = None
    uptime_ms: int = 0
    endpoints: Mapping[str, str] = field(default_factory=dict)
    components: tuple[ComponentLine, ...] = ()
    services: tuple[ServiceLine, ...] = ()
    breakers: tuple[BreakerLine, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    topics: tuple[TopicLine, ...] = ()
    letters: tuple[DeadLetterLine, ...] = ()
    faults: tuple[FaultLine, ...] = ()
    run: RunLine | None = None
    traffic: TrafficLine = field(default_factory=TrafficLine)
    read_only: bool = False

    @property
    def rate(self) -> float:
        """Records per second over all topics but Kafka's own."""
        return sum(topic.rate for topic in self.topics if not topic.internal)

    @property
    def is_live(self) -> bool:
        return self.link.state == "live"
