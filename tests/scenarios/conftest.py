"""A world without Kafka and services: what is published is kept, and tests say what comes back."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.delivery import Published
from sandbox.contracts.record import Record
from sandbox.errors import UnknownName, UpstreamUnavailable
from sandbox.events.facts import BreakerTransitioned, Fact, RecordProduced, trace_fields
from sandbox.faults.reading import read_fault
from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.ports import (
    Answer,
    BreakerState,
    FaultState,
    GroupState,
    LogLine,
    Message,
    Moved,
    Outgoing,
    Seen,
    Setting,
)
from sandbox.scenarios.runner import ScenarioRunner


@dataclass
class FakeSent:
    place: Published
    done: bool = True

    async def published(self) -> Published:
        return self.place


@dataclass
class FakeWriter:
    schema: Any

    def __call__(self, value: Any) -> Any:
        return dict(value)


@dataclass
class Call:
    method: str
    url: str
    headers: dict[str, str]
    body: Any


class FakeSocket:
    def __init__(self, url: str, headers: Mapping[str, str], messages: list[Any]) -> None:
        self.url = url
        self.headers = dict(headers)
        self.sent: list[str] = []
        self._messages = [each if isinstance(each, Message) else Message(json.dumps(each)) for each in messages]

    async def send(self, text: str) -> None:
        self.sent.append(text)

    async def receive(self) -> Message:
        await asyncio.sleep(0)
        if not self._messages:
            await asyncio.get_running_loop().create_future()
        return self._messages.pop(0)


@dataclass
class FakeWorld:
    """`on_publish` is called with each record; `answers` maps `METHOD path` to what a call gets, in order."""

    clock: ManualClock = field(default_factory=ManualClock)
    contracts: Contracts = field(default_factory=Contracts.load)
    endpoints: dict[str, str] = field(
        default_factory=lambda: {
            "capsule": "http://capsule:8083",
            "odyssey": "http://odyssey:8082",
            "plato": "http://plato:8080",
            "registry": "http://registry:8081",
        }
    )
    recorded: list[Fact] = field(default_factory=list)
    published: list[Outgoing] = field(default_factory=list)
    on_publish: Callable[[Outgoing], None] = lambda outgoing: None
    answers: dict[str, list[Any]] = field(default_factory=dict)
    calls_made: list[Call] = field(default_factory=list)
    sockets: dict[str, list[Any]] = field(default_factory=dict)
    connected: list[FakeSocket] = field(default_factory=list)
    ledger_rows: dict[str, dict[str, int]] = field(default_factory=dict)
    traces: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    groups: dict[str, GroupState] = field(default_factory=dict)
    did: list[tuple[Any, ...]] = field(default_factory=list)
    refusal: Exception | None = None
    breaker_states: dict[str, BreakerState] = field(default_factory=dict)
    settings: list[Any] = field(default_factory=list)
    standing: dict[str, FaultState] = field(default_factory=dict)
    kafka_down: bool = False
    lacking: dict[str, str] = field(default_factory=dict)
    component_states: dict[str, str] = field(default_factory=lambda: {"kafka": "ready", "capsule": "ready"})
    replays: list[dict[str, Any]] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    topics: set[str] | None = None
    registered: dict[Any, Any] = field(default_factory=dict)
    writers: list[tuple[Any, ...]] = field(default_factory=list)
    _taps: list[tuple[tuple[str, ...], asyncio.Queue[Seen]]] = field(default_factory=list)
    _watchers: list[tuple[tuple[type[Fact], ...], asyncio.Queue[Fact]]] = field(default_factory=list)
    _offsets: dict[str, int] = field(default_factory=dict)

    @property
    def facts(self) -> FakeWorld:
        return self

    def record(self, fact: Fact) -> None:
        self.recorded.append(fact)
        for kinds, queue in self._watchers:
            if isinstance(fact, kinds):
                queue.put_nowait(fact)

    @asynccontextmanager
    async def setting(self, setting: Setting) -> AsyncIterator[None]:
        self.settings.append(setting)
        try:
            yield
        finally:
            self.settings.append("undone")

    async def avro_writer(self, topic: str, *, strategy: Any = None, subject: Any = None, version: Any = None) -> Any:
        """Keeps values as they are, so that tests can look into them."""
        self.writers.append((topic, strategy, subject, version))
        if self.refusal is not None:
            raise self.refusal
        return FakeWriter(self.registered.get((subject, version)) if subject else self.contracts.schema_of(topic))

    async def foreign_record(self, topic: str) -> bytes:
        return f"not for {topic}".encode()

    async def send(self, outgoing: Outgoing) -> FakeSent:
        if self.kafka_down:
            raise UpstreamUnavailable("Kafka is away", where="kafka")
        self.published.append(outgoing)
        place = Published(outgoing.topic, outgoing.partition or 0, self._offset(outgoing.topic))
        size_bytes = len(outgoing.value) if isinstance(outgoing.value, bytes) else 0
        produced = RecordProduced(
            at_ms=self.clock.now_ms(),
            source="scenario",
            topic=place.topic,
            partition=place.partition,
            offset=place.offset,
            key=outgoing.key,
            size_bytes=size_bytes,
            **trace_fields(outgoing.trace),
        )
        self.record(produced)
        self.on_publish(outgoing)
        return FakeSent(place)

    async def send_many(self, outgoing: Any) -> FakeSent:
        return [await self.send(each) for each in outgoing][-1]

    def _offset(self, topic: str) -> int:
        self._offsets[topic] = self._offsets.get(topic, -1) + 1
        return self._offsets[topic]

    def arrives(
        self,
        topic: str,
        value: Any,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        partition: int = 0,
    ) -> None:
        """A record comes on a topic; bytes are one that cannot be decoded."""
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        record = Record(
            topic=topic,
            partition=partition,
            offset=self._offset(topic),
            timestamp_ms=self.clock.now_ms(),
            key=None if key is None else key.encode(),
            value=raw,
            headers=tuple((name, each.encode()) for name, each in (headers or {}).items()),
        )
        for topics, queue in self._taps:
            if topic in topics:
                queue.put_nowait(Seen(record, MISSING if isinstance(value, bytes) else value))

    @asynccontextmanager
    async def tap(self, topics: Any) -> AsyncIterator[AsyncIterator[Seen]]:
        for topic in topics:
            if topic not in (self.topics or {*self.contracts.topics}):
                raise UnknownName(f"there is no topic {topic!r}", where=topic)
        queue: asyncio.Queue[Seen] = asyncio.Queue()
        entry = (tuple(topics), queue)
        self._taps.append(entry)
        try:
            yield _drain(queue)
        finally:
            self._taps.remove(entry)

    @asynccontextmanager
    async def facts_from_now(self, kinds: Any) -> AsyncIterator[AsyncIterator[Fact]]:
        queue: asyncio.Queue[Fact] = asyncio.Queue()
        entry = (tuple(kinds), queue)
        self._watchers.append(entry)
        try:
            yield _drain(queue)
        finally:
            self._watchers.remove(entry)

    async def recent(self, kinds: Any, count: int) -> list[Fact]:
        return [fact for fact in reversed(self.recorded) if isinstance(fact, tuple(kinds))][:count]

    async def breakers(self) -> Mapping[str, BreakerState]:
        return self.breaker_states

    async def ledger(self) -> Mapping[str, Mapping[str, Any]]:
        return {group: dict(row) for group, row in self.ledger_rows.items()}

    async def trace(self, identity: str) -> list[dict[str, str]]:
        return self.traces.get(identity, [])

    async def group(self, group: str) -> GroupState:
        if group not in self.groups:
            raise UnknownName(f"there is no consumer group {group!r}", where=group)
        return self.groups[group]

    async def set_offsets(self, group: str, to: str, topics: Any) -> Moved:
        if self.refusal is not None:
            raise self.refusal
        self.did.append(("set offsets", group, to, *topics))
        return Moved(again=1 if to == "earliest" else 0, skipped=3 if to == "latest" else 0)

    async def reset(self, services: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.did.append(("reset", *services))

    async def add_fault(self, kind: str, on: str, parameters: Any, name: str | None) -> str:
        if self.refusal is not None:
            raise self.refusal
        identity = name or f"{kind}-{on}-1"
        self.did.append(("fault", kind, on, dict(parameters)))
        self.standing[identity] = FaultState(read_fault(kind, parameters).describe(), on, 4)
        return identity

    async def remove_fault(self, identity: str) -> FaultState:
        self.did.append(("heal", identity))
        if identity not in self.standing:
            raise UnknownName(f"there is no fault {identity!r}", where="id")
        return self.standing.pop(identity)

    async def faults(self) -> Mapping[str, FaultState]:
        return self.standing

    @property
    def controls(self) -> FakeWorld:
        return self

    def lacks(self, need: str) -> str | None:
        return self.lacking.get(need)

    async def operate_component(self, name: str, operation: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.did.append((operation, name))
        down = {"stop": "stopped", "kill": "failed", "pause": "degraded"}
        self.component_states[name] = down.get(operation, self.component_states.get(f"after {operation}", "ready"))

    def component(self, name: str) -> tuple[str, str | None]:
        return self.component_states[name], None

    async def operate_breaker(self, name: str, operation: str) -> str:
        self.did.append((operation, name))
        return {"open": "OPEN", "reset": "CLOSED", "close": "CLOSED"}.get(operation, operation.upper())

    async def change_limits(self, service: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
        self.did.append(("limits", service, dict(change)))
        return {"query": 100, **change}

    async def reset_limits(self, service: str) -> Mapping[str, Any]:
        self.did.append(("reset limits", service))
        return {"query": 100}

    async def replay(self, topic: str, letters: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
        self.did.append(("replay", topic, dict(letters), dict(options)))
        return await self.replay_status("rep_1")

    async def replay_status(self, replay: str) -> Mapping[str, Any]:
        return {"replay": replay, **(self.replays.pop(0) if len(self.replays) > 1 else self.replays[0])}

    async def purge(self, topic: str, letters: Mapping[str, Any]) -> int:
        self.did.append(("purge", topic, dict(letters)))
        return 3

    async def automatic(self) -> tuple[bool, float]:
        return False, 30.0

    async def set_automatic(self, enabled: bool, rest_s: float) -> None:
        self.did.append(("automatic", enabled, rest_s))

    async def logs(self) -> FakeWorld:
        self.log.clear()
        return self

    async def new(self) -> list[LogLine]:
        lines, self.log = self.log, []
        return lines

    def trip(self, name: str, *states: str) -> None:
        """A breaker goes through these states."""
        service, breaker = name.split("/")
        before = self.breaker_states[name].state
        for state in states:
            self.record(
                BreakerTransitioned(
                    at_ms=self.clock.now_ms(), source=service, breaker=breaker, from_state=before, to_state=state
                )
            )
            self.breaker_states[name] = BreakerState(state)
            before = state

    @asynccontextmanager
    async def calls(self) -> AsyncIterator[FakeWorld]:
        yield self

    async def request(self, method: str, url: str, headers: Any, body: bytes | None, limit_s: float) -> Answer:
        self.calls_made.append(Call(method, url, dict(headers), body))
        path = next((url.removeprefix(base) for base in self.endpoints.values() if url.startswith(base)), url)
        planned = self.answers.get(f"{method} {path}", [])
        if not planned:
            return Answer(404, {}, b'{"error": {"code": "NOT_FOUND"}}', 1.0)
        answer = planned.pop(0) if len(planned) > 1 else planned[0]
        if answer == "hangs":
            await asyncio.get_running_loop().create_future()
        if isinstance(answer, Exception):
            raise answer
        status, document = answer if isinstance(answer, tuple) else (200, answer)
        received = {"Content-Type": "application/json", "X-Request-ID": headers.get("X-Request-ID", "")}
        return Answer(status, received, json.dumps(document).encode(), 12.0)

    @asynccontextmanager
    async def connect(self, url: str, headers: Any) -> AsyncIterator[FakeSocket]:
        path = next((url[len(base) - 2 :] for base in self.endpoints.values() if url[4:].startswith(base[6:])), url)
        if path not in self.sockets:
            raise UpstreamUnavailable("the handshake was answered 404", where=url)
        socket = FakeSocket(url, headers, list(self.sockets[path]))
        self.connected.append(socket)
        yield socket


async def _drain(queue: asyncio.Queue[Any]) -> AsyncIterator[Any]:
    while True:
        yield await queue.get()


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def play(world: FakeWorld) -> Callable[..., Any]:
    """Run a scenario's text to its end while time passes in steps of 50 ms, at most `limit_s`."""

    async def run(
        text: str,
        *,
        limit_s: float = 60.0,
        seed: int | None = None,
        at: Mapping[float, Any] | None = None,
        files: Mapping[str, str] | None = None,
    ) -> Any:
        scenario = read_scenario(text, "story.yaml", world.contracts, files=files)
        runner = ScenarioRunner(world, scenario, file="story.yaml", seed=seed, ids=random.Random(1))
        task = asyncio.create_task(runner.run())
        moments = sorted((at or {}).items())
        passed_s = 0.0
        try:
            while not task.done() and passed_s < limit_s:
                while moments and moments[0][0] <= passed_s:
                    moments.pop(0)[1]()
                await world.clock.advance(0.05)
                passed_s += 0.05
            assert task.done(), f"the scenario goes on after {limit_s} s"
        finally:
            task.cancel()
            await asyncio.wait((task,))
        return task.result()

    return run
