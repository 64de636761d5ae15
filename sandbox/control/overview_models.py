"""The answer of `GET /v1/overview`: everything that a person looks at all day, in one cheap answer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from sandbox.control.fault_models import AppliedFault
from sandbox.control.models import BreakerState, Status
from sandbox.control.traffic_models import TrafficState

__all__ = ["DlqDepth", "LimitWindow", "Overview", "PartitionCount", "PartitionCounts", "Requests", "TopicCount"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class Requests(_Part):
    """Requests that a service has served since the engine started, without the actuator's reads."""

    total: int
    errors: int
    """Answered with 500 or more."""
    refused: int
    """Answered with 400 to 499."""
    p95_ms: float | None = None
    """Of the last minute; null when nothing came in it."""


class LimitWindow(_Part):
    """A client's running window at a service's request limit."""

    service: str
    kind: str
    """query, command or admin."""
    client: str
    """Who is counted: `address:…`, `tenant:…` or `credential:` and a digest."""
    used: int
    limit: int
    left_s: float
    """Real seconds until the window ends."""


class TopicCount(_Part):
    """A topic in numbers, exact: from offsets."""

    name: str
    partitions: int
    records: int
    """Kept now."""
    produced: int
    """Ever: the sum of the end offsets."""
    size_bytes: int | None = None
    """On the broker's disk; null where the broker does not say."""
    lag: dict[str, int] = {}
    """Records that each consumer group is behind."""
    internal: bool = False


class PartitionCount(_Part):
    partition: int
    begin: int
    """First offset that is kept."""
    end: int
    """The offset that the next record gets."""
    lag: dict[str, int] = {}
    """Records that each consumer group is behind."""


class PartitionCounts(_Part):
    partitions: list[PartitionCount]


class DlqDepth(_Part):
    topic: str
    """The original topic."""
    dlq_topic: str
    depth: int
    """Letters that are PENDING."""
    total: int
    """Letters of any status."""
    categories: dict[str, int] = {}
    """Pending letters by category of error."""


class Overview(_Part):
    journal: str
    """Changes when the engine starts anew."""
    at_ms: int
    """The engine's clock, in epoch milliseconds."""
    status: Status
    requests: dict[str, Requests]
    """By service."""
    breakers: dict[str, BreakerState]
    """By `service/name`."""
    limits: list[LimitWindow]
    """Running windows, the fullest first, at most five a service."""
    topics: list[TopicCount] | None = None
    """Null while Kafka does not answer."""
    dlq: list[DlqDepth]
    faults: list[AppliedFault]
    traffic: TrafficState
    """Ambient traffic."""
