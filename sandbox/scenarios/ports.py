"""What a scenario needs from the world. The composition root (`sandbox.runtime`) brings the implementations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.delivery import Published
from sandbox.contracts.record import Record
from sandbox.contracts.subject_strategy import SubjectStrategy
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import Fact, FactSink

__all__ = [
    "Answer", "AvroWriter", "BreakerState", "Calls", "Controls", "FaultState", "GroupState", "LogLine", "Logs",
    "Message", "Moved", "Outgoing", "Seen", "Sent", "Setting", "Socket", "World",
]  # fmt: skip


@dataclass(slots=True, kw_only=True)  # made for every record of a load, and `frozen` makes that three times as slow
class Outgoing:
    """A record to publish. A mapping is encoded by the topic's contract; bytes go out as they are; None is a tombstone.

    The record carries the ids of `trace`; `headers` come besides them, or in their place where the name is the same.
    """

    topic: str
    key: str | None
    value: Mapping[str, Any] | bytes | None
    trace: TraceContext
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


class AvroWriter(Protocol):
    """Writes Avro values of one schema in the wire format; `schema` is that schema, parsed."""

    schema: Any

    def __call__(self, value: Mapping[str, Any]) -> bytes:
        """Raises UsageError naming each field that does not fit."""


class Sent(Protocol):
    """A record on its way to the broker. `done` once it is known whether it got there."""

    @property
    def done(self) -> bool: ...

    async def published(self) -> Published:
        """Where the broker put it, once it has it. Raises UpstreamUnavailable."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that the tap saw. `value` is its decoded content, MISSING when it cannot be decoded."""

    record: Record
    value: Any


@dataclass(frozen=True, slots=True)
class BreakerState:
    """`state` is CLOSED, OPEN, HALF_OPEN…; `metrics` are Resilience4j's members (`failureRate`, `bufferedCalls`…)."""

    state: str
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaultState:
    """`text` is kind and parameters in one line, `on` the service, `hits` how often it has acted; `since_ms` is the
    time at which it was made, in epoch milliseconds."""

    text: str
    on: str
    hits: int
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GroupState:
    """A consumer group: Kafka's word for its state, its members by client id, and its lag in records."""

    state: str
    members: tuple[str, ...]
    lag: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What new offsets mean: records that are read `again`, and records that are left out."""

    again: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response, read whole. `truncated` when the body was longer than what is kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: float
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A WebSocket message; the close of the connection is one too, with `closed` as its code."""

    text: str | None
    closed: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a component wrote. `fields` are the members of a structured one: `message`, `level`, `requestId`…"""

    component: str
    fields: Mapping[str, Any]


class Logs(Protocol):
    """What the components write from now on."""

    async def new(self) -> Sequence[LogLine]:
        """The lines since the last call, in the order in which each component wrote them."""


class Controls(Protocol):
    """The sandbox's own switches. All raise UnknownName, UsageError, Conflict, or UpstreamUnavailable."""

    async def operate_component(self, name: str, operation: str) -> None:
        """start, stop, restart, kill, pause or resume Kafka, or the process that runs a service."""

    def component(self, name: str) -> tuple[str, str | None]:
        """Its state (ready, stopped, failed…) and a remark."""

    async def operate_breaker(self, name: str, operation: str) -> str:
        """open, close, half-open, reset, disable, force-open or metrics-only; the state afterwards."""

    async def change_limits(self, service: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
        """Request limits of a running service: query, command, admin, enabled; those afterwards."""

    async def reset_limits(self, service: str) -> Mapping[str, Any]: ...

    async def replay(self, topic: str, letters: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Begin to replay dead letters. `letters` are `category`, `id`, `key`, `group`; `options` `target`,
        `rate_per_s`, `max_messages`. The answer has `replay` (its id), `state`, `replayed`, `failed`…"""

    async def replay_status(self, replay: str) -> Mapping[str, Any]: ...

    async def purge(self, topic: str, letters: Mapping[str, Any]) -> int:
        """Give dead letters up; how many."""

    async def automatic(self) -> tuple[bool, float]:
        """Whether dead letters are replayed by themselves, and after how many seconds."""

    async def set_automatic(self, enabled: bool, rest_s: float) -> None: ...


class Socket(Protocol):
    """An open WebSocket connection."""

    async def send(self, text: str) -> None: ...

    async def receive(self) -> Message:
        """The next message; after the close, the close again."""


class Calls(Protocol):
    """HTTP and WebSocket calls of one scenario run. All raise UpstreamUnavailable when no answer comes."""

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit_s: float
    ) -> Answer:
        """Redirects are answers, not followed. Gives up after `limit_s` seconds of real time."""

    def connect(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Socket]: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scenario's header asks of the sandbox while it runs."""

    profile: str | None = None
    speed: float = 1.0


class World(Protocol):
    """The sandbox as a scenario sees it. `endpoints` maps capsule, odyssey, plato and registry to base URLs."""

    clock: Clock
    facts: FactSink
    contracts: Contracts
    endpoints: Mapping[str, str]
    controls: Controls

    def lacks(self, need: str) -> str | None:
        """Why the sandbox has not what a step needs, None when it has.

        A need is a service that is there, whoever runs it (`capsule`), one that the sandbox runs itself (`own
        capsule`), or something that can be done: `broker-control`, `process-control`, `network-edge`, `logs`.
        """

    async def logs(self) -> Logs: ...

    def setting(self, setting: Setting) -> AbstractAsyncContextManager[None]:
        """In force while entered. Raises UsageError when the sandbox cannot take it on."""

    async def send(self, outgoing: Outgoing) -> Sent:
        """Returns once the record is on its way; waits only while too many are.

        Raises UpstreamUnavailable, or UsageError when topic, partition or value will not do.
        """

    async def send_many(self, outgoing: Sequence[Outgoing]) -> Sent:
        """The same for many records of one topic whose values are bytes or None, in their order. `published` waits for
        all of them and says where the last one is.
        """

    async def avro_writer(
        self,
        topic: str,
        *,
        strategy: SubjectStrategy | None = None,
        subject: str | None = None,
        version: int | None = None,
    ) -> AvroWriter:
        """For the topic's contract, under the subject that `strategy` names; or for a registered `subject`, its newest
        version when left out. Raises UsageError, or UpstreamUnavailable when the registry is away.
        """

    async def foreign_record(self, topic: str) -> bytes:
        """A good record of a schema that the topic's consumers cannot read. Raises as `avro_writer`."""

    def tap(self, topics: Collection[str]) -> AbstractAsyncContextManager[AsyncIterator[Seen]]:
        """Every record of these topics written after entering, in order per partition, endless.

        Raises UnknownName for a topic that does not exist.
        """

    def facts_from_now(self, kinds: Collection[type[Fact]]) -> AbstractAsyncContextManager[AsyncIterator[Fact]]:
        """Every fact of these kinds recorded after entering, in order, endless."""

    async def recent(self, kinds: Collection[type[Fact]], count: int) -> Sequence[Fact]:
        """The last facts of these kinds that the journal keeps, newest first, at most `count`."""

    async def breakers(self) -> Mapping[str, BreakerState]:
        """Every breaker by its name, `odyssey/capsule`."""

    async def ledger(self) -> Mapping[str, Mapping[str, Any]]:
        """What each consumer group did with its records since the sandbox started: group → number by name."""

    async def trace(self, identity: str) -> Sequence[Mapping[str, Any]]:
        """The facts under a request, correlation or trace id, in the order in which they happened."""

    async def group(self, group: str) -> GroupState:
        """Raises UnknownName, or UpstreamUnavailable without Kafka."""

    async def set_offsets(self, group: str, to: str, topics: Sequence[str]) -> Moved:
        """Where the group goes on: earliest, latest, an instant or a time ago, on these topics or on all that it reads.

        Raises UsageError, UnknownName, Conflict while strangers are in the group, or UpstreamUnavailable.
        """

    async def reset(self, services: Sequence[str]) -> None:
        """Empty the stores of these services. Raises UnknownName, or UpstreamUnavailable."""

    async def add_fault(self, kind: str, on: str, parameters: Mapping[str, Any], name: str | None) -> str:
        """Make a fault of a service; its id, which is the name if there is one.

        Raises UnknownName, UsageError, or UpstreamUnavailable when the service is away.
        """

    async def remove_fault(self, identity: str) -> FaultState:
        """What it had come to. Raises UnknownName when it is gone already, UpstreamUnavailable."""

    async def faults(self) -> Mapping[str, FaultState]:
        """Every fault by its id. Raises UpstreamUnavailable."""

    def calls(self) -> AbstractAsyncContextManager[Calls]: ...
