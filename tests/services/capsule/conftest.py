"""A CAPSULE on a clock that stands still, with a publisher that a test can take away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import ManualClock
from sandbox.contracts.delivery import Delivery, Published
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable
from sandbox.events.facts import Fact
from sandbox.services.capsule.service import CapsuleService
from sandbox.services.ports import ServiceContext

EURUSD = "rim:entity:finance:EURUSD"
EVENT_MS = 1_733_220_000_000  # 2024-12-03T10:00:00Z


@dataclass(frozen=True, slots=True)
class Sent:
    topic: str
    value: Mapping[str, Any]
    key: str | None
    trace: TraceContext


@dataclass(slots=True)
class FakePublisher:
    """Keeps what it is given; refuses while `is_away`."""

    sent: list[Sent] = field(default_factory=list)
    is_away: bool = False

    async def publish(
        self,
        topic: str,
        value: Mapping[str, Any],
        *,
        key: str | None,
        trace: TraceContext,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Published:
        await asyncio.sleep(0)
        if self.is_away:
            raise UpstreamUnavailable("Kafka is away")
        self.sent.append(Sent(topic, dict(value), key, trace))
        return Published(topic, 0, len(self.sent) - 1)

    async def post(self, topic: str, value: Mapping[str, Any], **how: Any) -> FakePosted:
        return FakePosted(lambda: self.publish(topic, value, **how))


@dataclass(slots=True)
class FakePosted:
    published: Callable[[], Awaitable[Published]]


@dataclass(slots=True)
class Facts:
    kept: list[Fact] = field(default_factory=list)

    def record(self, fact: Fact) -> None:
        self.kept.append(fact)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def context(clock: ManualClock, publisher: FakePublisher, facts: Facts, tmp_path: Path) -> ServiceContext:
    urls = {"plato": "http://127.0.0.1:8080", "odyssey": "http://127.0.0.1:8082"}
    return ServiceContext(clock=clock, facts=facts, publisher=publisher, urls=urls, state_dir=tmp_path)


@pytest.fixture
async def service(context: ServiceContext) -> AsyncIterator[CapsuleService]:
    capsule = CapsuleService(context)
    await capsule.start()
    yield capsule
    await capsule.stop()


@pytest.fixture
async def client(service: CapsuleService) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(service.application())) as client:
        yield client


@pytest.fixture
def delivery() -> Callable[..., Delivery]:
    """Makes a delivery: `delivery(offset=3, event_id="evt-3", stress=0.9)` of `rim.fast-path`, or of another topic."""

    def make(
        offset: int = 0,
        *,
        topic: str = "rim.fast-path",
        partition: int = 0,
        scope: str = EURUSD,
        event_ms: int = EVENT_MS,
        headers: Mapping[str, str] | None = None,
        value: Mapping[str, Any] | None = None,
        raw: bytes | None = None,
        **members: Any,
    ) -> Delivery:
        fast = {
            "rim_node_id": scope,
            "event_id": None,
            "instrument_id": None,
            "vector_timestamp": {"event_ts_ms": event_ms, "ingest_ts_ms": event_ms + 5, "logical_clock": offset},
            "critical_metrics": {},
            "price": 1.05,
            "volume": None,
            "stress": None,
            "status": "OK",
            "source_topic": None,
            "metadata": None,
        }
        record = Record(
            topic=topic,
            partition=partition,
            offset=offset,
            timestamp_ms=event_ms + 10,
            key=scope.encode(),
            value=raw if raw is not None else f"{topic}|{partition}|{offset}".encode(),
            headers=tuple((name, text.encode()) for name, text in (headers or {}).items()),
        )
        decoded = dict(value) if value is not None else {**fast, **members}
        return Delivery(record, decoded, TraceContext.accept_record(record.headers), "capsule")

    return make


@pytest.fixture
def handle(service: CapsuleService) -> Callable[[Delivery], Any]:
    return service.subscriptions()[0].handle


@pytest.fixture
def settle() -> Callable[[Callable[[], Any]], Any]:
    """Lets tasks run until a condition holds; fails after a while that no healthy test needs."""

    async def until(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.001)

    return until
