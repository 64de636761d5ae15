from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import ManualClock
from sandbox.control.client import ControlClient
from sandbox.control.server import control_app
from sandbox.errors import Conflict, UnknownName, UpstreamUnavailable, UsageError
from sandbox.observe.intake import Intake
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger

TOKEN = "t0ken"
LIMITS = {"query": 1000, "command": 100, "admin": 100, "windowSeconds": 60, "enabled": True}


class RecordingFaults:
    """One fault, and a memory of what was asked."""

    FAULT = {
        "id": "outage", "kind": "http-status", "on": "capsule", "parameters": {"status": 503},
        "text": "http-status --status 503", "hits": 4, "since_ms": 1,
    }  # fmt: skip

    def __init__(self, asked: list[tuple[object, ...]]) -> None:
        self._asked = asked

    async def list(self) -> list[dict[str, object]]:
        return [self.FAULT]

    async def add(self, request: dict[str, object]) -> dict[str, object]:
        self._asked.append(("fault", request))
        return self.FAULT

    async def remove(self, identity: str) -> dict[str, object]:
        if identity != "outage":
            raise UnknownName(f"there is no fault {identity!r}", where="id")
        return self.FAULT

    async def remove_all(self) -> list[dict[str, object]]:
        return [self.FAULT]


class CannedOverview:
    """One topic, and what `status` says."""

    def __init__(self, engine: RecordingEngine) -> None:
        self._engine = engine

    async def partitions(self, topic: str) -> list[dict[str, object]]:
        return [{"partition": 0, "begin": 0, "end": 3, "lag": {"capsule": 1}}]

    async def look(self) -> dict[str, object]:
        topics = (
            None
            if self._engine.kafka_away
            else [{"name": "rim.fast-path", "partitions": 6, "records": 3, "produced": 4}]
        )
        return {
            "journal": self._engine.journal.identity, "at_ms": 1, "status": self._engine.status(), "topics": topics,
            "requests": {"capsule": {"total": 7, "errors": 1, "refused": 2, "p95_ms": 4.5}}, "faults": [],
            "breakers": await self._engine.breakers(), "limits": [], "dlq": [], "traffic": {"running": False},
        }  # fmt: skip


class CannedRuns:
    """One run that waits, and a memory of what was asked."""

    def __init__(self, asked: list[tuple[object, ...]]) -> None:
        self._asked = asked

    def start(self, document: dict[str, object]) -> str:
        if document.get("speed") == 99:
            raise Conflict("a run at another speed is going on", hint="wait for it")
        self._asked.append(("run", document))
        return "run_1"

    async def get(self, run: str) -> dict[str, object]:
        if run != "run_1":
            raise UnknownName(f"there is no run {run!r}", where=run)
        held = {"title": "records flow", "step": "expect", "where": "a.yaml:4"}
        return {"run": run, "state": "running", "scenario": "golden-path", "held": held}

    async def stop(self, run: str) -> dict[str, object]:
        return {**await self.get(run), "state": "stopped"}

    async def next(self, run: str, *, to_end: bool) -> dict[str, object]:
        self._asked.append(("next", run, to_end))
        return {**await self.get(run), "held": None}


class CannedLibrary:
    """One scenario."""

    ABOUT = {"name": "golden-path", "title": "Golden path", "file": "scenarios/golden-path.yaml", "tags": ["smoke"]}

    async def list(self) -> list[dict[str, object]]:
        return [self.ABOUT]

    async def one(self, name: str) -> dict[str, object]:
        if name != "golden-path":
            raise UnknownName(f"there is no scenario {name!r}", where="name")
        return {"name": name, "file": self.ABOUT["file"], "text": "scenario: Golden path\n", "explained": {"steps": []}}


class CannedRecorder:
    """One recording, of one call."""

    STATE = {
        "id": "rec-1", "began_ms": 1, "topics": ["rim.fast-path"], "services": ["capsule"], "records": 0, "calls": 1,
        "streams": 0, "faults": 0, "dropped": 0, "missed": 0, "trouble": None,
    }  # fmt: skip

    def __init__(self, asked: list[tuple[object, ...]]) -> None:
        self._asked = asked

    async def start(self, topics: list[str], services: list[str]) -> dict[str, object]:
        self._asked.append(("record", *topics, *services))
        return self.STATE

    async def state(self, identity: str) -> dict[str, object]:
        if identity != "rec-1":
            raise UnknownName(f"there is no recording {identity!r}", where="recording")
        return self.STATE

    async def stop(self, identity: str) -> dict[str, object]:
        return {**await self.state(identity), "events": [{"kind": "call"}], "outcomes": []}


class RecordingRecords:
    """One page and one look, and a memory of what was asked."""

    RECORD = {"topic": "rim.fast-path", "partition": 0, "offset": 2, "timestamp_ms": 1, "key": "k", "value": {"a": 1}}

    def __init__(self, asked: list[tuple[object, ...]]) -> None:
        self._asked = asked

    def check(self, match: str) -> None:
        if match == "$[":
            raise UsageError("$[ is no JSONPath", where="match")

    async def page(self, topic: str, **asked: object) -> dict[str, object]:
        self.check(str(asked["match"]))
        self._asked.append(("page", topic, asked))
        return {"records": [self.RECORD], "next": "0:3", "looked_at": 1, "done": True}

    async def watch(self, topic: str, **asked: object):
        self._asked.append(("watch", topic, asked))
        yield {"published": 3, "skipped": 2, "looked_at": 1, "records": [self.RECORD]}
        await asyncio.Event().wait()


class RecordingTraffic:
    """Ambient traffic that runs or not."""

    def __init__(self) -> None:
        self.found: dict[str, object] = {"running": False}

    def state(self) -> dict[str, object]:
        return self.found

    def start(self, rate_per_s: float, seed: int | None) -> dict[str, object]:
        if self.found["running"]:
            raise Conflict("traffic runs already", where="traffic")
        self.found = {
            "running": True, "run": "run-1", "rate_per_s": rate_per_s, "seed": seed, "since_ms": 1, "sent": 7,
            "failed": 0, "records": {"ticks": 7},
        }  # fmt: skip
        return self.found

    async def stop(self) -> dict[str, object]:
        stood, self.found = self.found, {"running": False}
        return {**stood, "running": False}


class RecordingEngine:
    """An engine of one topic, one breaker and one component, which remembers what it was asked."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or Journal()
        self.intake = Intake(self.journal, ManualClock())
        self.ledger = Ledger(self.journal)
        self.traffic = RecordingTraffic()
        self.asked: list[tuple[object, ...]] = []
        self.tailed: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.tails_open = 0
        self.kafka_away = False

    def status(self) -> dict[str, object]:
        component = {"name": "kafka", "state": "ready", "pid": 7, "restarts": 0, "since_ms": 1, "memory_bytes": 5}
        return {
            "name": "demo",
            "state": "ready",
            "runtime": "embedded",
            "ready": True,
            "endpoints": {"kafka": "localhost:9092", "capsule": None},
            "components": [component],
            "proof": [{"what": "record produced and consumed", "took_ms": 1.5}],
        }

    async def operate_component(self, name: str, operation: str) -> dict[str, object]:
        if name != "kafka":
            raise UnknownName(f"there is no component {name!r}", where=name, hint="choose from kafka")
        self.asked.append((operation, name))
        return {"name": name, "state": "stopped"}

    async def topics(self) -> list[dict[str, object]]:
        if self.kafka_away:
            raise UpstreamUnavailable("Kafka is away", hint="restart it", where="localhost:9092")
        return [{"name": "rim.fast-path", "partitions": 6}]

    async def topic(self, name: str) -> dict[str, object]:
        if name != "rim.fast-path":
            raise UnknownName(f"there is no topic {name!r}", where=name)
        return {"name": name, "partitions": [{"partition": 0, "begin": 0, "end": 3}]}

    async def create_topic(self, name: str, partitions: int) -> dict[str, object]:
        if name == "rim.fast-path":
            raise Conflict(f"the topic {name!r} is the sandbox's own", where=name)
        self.asked.append(("create", name, partitions))
        return {"name": name, "partitions": partitions}

    async def delete_topic(self, name: str) -> dict[str, object]:
        self.asked.append(("delete", name))
        return await self.topic(name)

    async def tail(self, topic: str, *, start: str | int):
        self.tails_open += 1
        self.asked.append(("tail", topic, start))
        try:
            while True:
                record = await self.tailed.get()
                if record is None:
                    raise UpstreamUnavailable("Kafka went away", where=topic)
                yield record
        finally:
            self.tails_open -= 1

    async def publish_record(self, topic: str, **record: object) -> dict[str, object]:
        self.asked.append(("publish", topic, record))
        return {"topic": topic, "partition": 0, "offset": 3}

    async def breakers(self) -> dict[str, dict[str, object]]:
        return {"odyssey/capsule": {"state": "CLOSED", "failureRate": -1.0}}

    async def operate_breaker(self, service: str, name: str, operation: str) -> dict[str, object]:
        self.asked.append((operation, service, name))
        return {"state": "OPEN"}

    async def limits(self) -> dict[str, dict[str, object]]:
        return {"capsule": LIMITS}

    async def change_limits(self, service: str, change: dict[str, object]) -> dict[str, object]:
        self.asked.append(("limits", service, change))
        return {**LIMITS, **change}

    async def reset_limits(self, service: str) -> dict[str, object]:
        self.asked.append(("reset limits", service))
        return LIMITS

    @property
    def overview(self) -> CannedOverview:
        return CannedOverview(self)

    @property
    def records(self) -> RecordingRecords:
        return RecordingRecords(self.asked)

    @property
    def faults(self) -> RecordingFaults:
        return RecordingFaults(self.asked)

    @property
    def scenarios(self) -> CannedRuns:
        return CannedRuns(self.asked)

    @property
    def library(self) -> CannedLibrary:
        return CannedLibrary()

    @property
    def recorder(self) -> CannedRecorder:
        return CannedRecorder(self.asked)

    def shutdown(self, *, purge: bool) -> None:
        self.asked.append(("shutdown", purge))


@pytest.fixture
def engine() -> RecordingEngine:
    return RecordingEngine()


@pytest.fixture
def make_engine() -> type[RecordingEngine]:
    return RecordingEngine


@pytest.fixture
async def server(engine) -> AsyncIterator[TestServer]:
    async with TestServer(control_app(engine, TOKEN, advertised=["sandbox.lan"])) as server:
        yield server


@pytest.fixture
async def http(server) -> AsyncIterator[TestClient]:
    """A bare HTTP client that sends the right token."""
    async with TestClient(server, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


@pytest.fixture
async def control(server) -> AsyncIterator[ControlClient]:
    async with ControlClient(str(server.make_url("")), TOKEN) as client:
        yield client


@pytest.fixture
def token() -> str:
    return TOKEN
