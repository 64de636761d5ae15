"""A feed that never changes: the same pictures every time. `FakeFeed(client=…)` answers `ask` and `act` from a client
of canned answers, and counts what was done."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from sandbox.tui.feed import Feed
from sandbox.tui.state import (
    BreakerLine,
    ComponentLine,
    DeadLetterLine,
    FaultLine,
    LimitLine,
    Link,
    RunLine,
    Segment,
    ServiceLine,
    Snapshot,
    StepLine,
    TopicLine,
)

AT_MS = 1_733_220_192_000
"""2024-12-03T10:03:12Z"""


def wave(top: float, *, length: int = 120, period: float = 17.0, floor: float = 0.35) -> tuple[float, ...]:
    return tuple(top * (floor + (1 - floor) * (0.5 + 0.5 * math.sin(place / period * 6.28))) for place in range(length))


def step_down(top: float, *, length: int = 120, at: int = 84, rest: float = 0.12) -> tuple[float, ...]:
    return tuple(top * (1.0 if place < at else rest) for place in range(length))


def blips(height: float, *places: int, length: int = 120) -> tuple[float, ...]:
    return tuple(height if place in places else 0.0 for place in range(length))


STEPS = (
    StepLine(0, "CAPSULE goes down for a while; ODYSSEY must go on without it.", "passed"),
    StepLine(1, "CAPSULE now answers 503", "passed", took_ms=12, started_ms=AT_MS - 24_000),
    StepLine(2, "30 requests read ODYSSEY's history", "passed", took_ms=912, started_ms=AT_MS - 23_900),
    StepLine(3, "breaker odyssey/capsule is OPEN", "passed", took_ms=2_104, started_ms=AT_MS - 23_000),
    StepLine(4, "GET history answers 200, degraded", "passed", took_ms=38, started_ms=AT_MS - 20_000),
    StepLine(5, "42 calls are not permitted", "passed", took_ms=1_240, started_ms=AT_MS - 19_000),
    StepLine(6, "CAPSULE is healthy again", "passed", took_ms=9, started_ms=AT_MS - 16_000),
    StepLine(7, "breaker odyssey/capsule goes HALF_OPEN, then CLOSED", "running", within_ms=20_000, started_ms=AT_MS - 4_200),
)  # fmt: skip

BUSY = Snapshot(
    link=Link("live", since_ms=AT_MS - 192_000),
    epoch="e1",
    at_ms=AT_MS,
    name="trading-desk",
    runtime="embedded",
    kafka_version="4.4.0",
    state="ready",
    uptime_ms=192_000,
    endpoints={"kafka": "localhost:9092", "capsule": "http://localhost:8083"},
    components=(
        ComponentLine("kafka", "ready", process="kafka", pid=411),
        ComponentLine("schema-registry", "ready", process="services", pid=412),
        ComponentLine("capsule", "ready", process="services", pid=412),
        ComponentLine("odyssey", "ready", process="services", pid=412),
        ComponentLine("plato", "ready", process="services", pid=412),
        ComponentLine("audit", "ready", process="services", pid=412),
    ),
    services=(
        ServiceLine("capsule", "ready", None, 124.2, wave(124), 0.0, 4.1, 18_204),
        ServiceLine("odyssey", "ready", None, 31.0, step_down(95), 61.2, 210.0, 9_120),
        ServiceLine("plato", "ready", None, 2.0, blips(2, 20, 21, 50, 80, 81, 110), 0.0, 12.0, 212),
    ),
    breakers=(
        BreakerLine(
            "odyssey/capsule", "HALF_OPEN", 60.0, 0.0, 50.0, 100.0, 2, 0, 42, None,
            (Segment("CLOSED", AT_MS - 192_000), Segment("OPEN", AT_MS - 62_000), Segment("HALF_OPEN", AT_MS - 9_000)),
        ),
        BreakerLine("odyssey/plato", "CLOSED", 0.0, 0.0, 50.0, 100.0, 10, 0, 0, None, (Segment("CLOSED", AT_MS - 192_000),)),
    ),
    limits=(
        LimitLine("capsule", "query", "address:127.0.0.1", 512, 1000, 38.0),
        LimitLine("odyssey", "command", "tenant:desk-7", 94, 100, 12.0),
    ),
    topics=(
        TopicLine("audit.events", 6, 412_904, 1_316.0, wave(1_316), 402_000.0, 91_000_000, (("audit", 0),)),
        TopicLine("capsule.snapshots", 12, 31_204, 124.0, wave(124), 51_000.0, 12_400_000, (("odyssey", 0),)),
        TopicLine("ecosystem.circuit-breaker.events", 3, 14, 0.0, blips(1, 60, 108), 0.0, 9_800, ()),
        TopicLine("odyssey.paths", 6, 842, 2.0, blips(2, 20, 21, 50, 80, 81, 110), 900.0, 402_000, (("plato", 0),)),
        TopicLine("perception.events", 6, 6_120, 12.0, wave(12, period=41), 4_100.0, 2_100_000, (("capsule", 340), ("odyssey", 12))),
        TopicLine("perception.events.dlq", 3, 17, 0.0, blips(6, 70, 71), 0.0, 18_000, ()),
        TopicLine("rim.fast-path", 18, 283_417, 1_180.0, wave(1_180, period=29), 366_000.0, 84_200_000, (("capsule", 0),)),
        TopicLine("rim.fast-path.dlq", 3, 0, 0.0, blips(0), 0.0, 0, ()),
        TopicLine("_schemas", 1, 31, 0.0, blips(0), 0.0, 22_000, (), True),
    ),
    letters=(
        DeadLetterLine("perception.events", "perception.events.dlq", 17, 17, blips(6, 70, 71, 72), (("DESERIALIZATION", 12), ("DOWNSTREAM_FAILURE", 5))),
        DeadLetterLine("rim.fast-path", "rim.fast-path.dlq", 0, 0, blips(0), ()),
    ),
    faults=(FaultLine("f1", "http-status", "capsule", "http-status 503 on GET /api/v1/capsules/*", 96, 41.0),),
    run=RunLine("r1", "capsule-outage", "running", 12, STEPS, "CAPSULE goes down; ODYSSEY goes on", AT_MS - 24_100),
)  # fmt: skip

QUIET = Snapshot(
    link=Link("live", since_ms=AT_MS - 9_000), epoch="e1", at_ms=AT_MS, name="quiet", runtime="embedded",
    kafka_version="4.4.0", state="ready", uptime_ms=9_000, components=BUSY.components,
    services=tuple(ServiceLine(each.name, "ready", rates=(0.0,) * 18) for each in BUSY.services),
    breakers=tuple(
        BreakerLine(each.name, "CLOSED", lane=(Segment("CLOSED", AT_MS - 9_000),)) for each in BUSY.breakers
    ),
    topics=tuple(
        TopicLine(each.name, each.partitions, 0, 0.0, (0.0,) * 18, 0.0, 0, tuple((group, 0) for group, _ in each.lags), each.internal)
        for each in BUSY.topics
    ),
)  # fmt: skip


class FakeFeed(Feed):
    """`acts` counts what got through to the client; `pages` are what `facts` gives once, `records` what `tail` gives."""

    def __init__(
        self,
        now: Snapshot = BUSY,
        *,
        client: Any = None,
        read_only: bool = False,
        pages: tuple[Any, ...] = (),
        looks: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(lambda: ("http://127.0.0.1:1", ""), read_only=read_only)
        if client is None:
            from tests.tui.canned import CannedClient

            client = CannedClient()
        self.client = client
        self.acts = 0
        self._pages = pages
        self._looks = looks
        self.put(now)

    def put(self, now: Snapshot) -> None:
        """Show another snapshot."""
        self._publish(now)

    async def close(self) -> None:
        """There is nothing to close."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    def _reader(self) -> Any:
        self._acting = self.client
        return self.client

    async def act(self, call: Callable[[Any], Awaitable[Any]]) -> Any:
        answer = await super().act(call)
        self.acts += 1
        return answer

    async def facts(self, **_: Any) -> AsyncGenerator[Any, None]:
        for page in self._pages:
            yield page
        await asyncio.Event().wait()

    async def watch(self, topic: str, **_: Any) -> AsyncGenerator[Any, None]:
        for look in self._looks:
            yield look
        await asyncio.Event().wait()
