"""Injection points without services: what a fault did to them is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.faults import points
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.registry.memory_log import MemoryLog
from tests.faults.wire import Wire, a_registry, a_service


@dataclass
class Request:
    """An HttpExchange; `answer` is what came of it."""

    method: str = "GET"
    path: str = "/api/v1/capsules"
    served: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    clients: tuple[str, ...] = ("address:127.0.0.1",)

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    async def proceed(self) -> str:
        await asyncio.sleep(0)
        self.served = True
        return "served"

    def refusal(self, status: int, message: str | None, retry_after_s: int | None) -> tuple[Any, ...]:
        return status, message, retry_after_s


@dataclass
class Step:
    """A PlanStep."""

    plan_id: str = "plan_123"
    step: str = "decide"
    action: str = "decide"


@dataclass
class Due:
    """A DueDelivery."""

    topic: str = "perception.events"
    partition: int = 3
    key: str | None = "rim:entity:finance:EURUSD"
    value: Any = None
    group: str = "capsule"

    def crash(self, away: Callable[[], Awaitable[None]]) -> Exception:
        return Crash(away)


class Crash(Exception):
    def __init__(self, away: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.away = away


@dataclass
class Outgoing:
    """An OutgoingRecord; `went` says what was sent, in order."""

    topic: str = "perception.events"
    partition: int | None = 3
    key: str | None = "rim:entity:finance:EURUSD"
    value: Any = None
    went: list[Any] = field(default_factory=list)

    async def send(self) -> str:
        self.went.append("as it is")
        return f"sent {len(self.went)}"

    async def send_poisoned(self, way: str) -> str:
        self.went.append(way)
        return "sent poisoned"

    def send_behind(self, records: int, at_latest: Callable[[], Awaitable[None]]) -> tuple[Any, ...]:
        return records, at_latest


@dataclass
class Frame:
    """A StreamFrame; `went` says what the client got, in order. Its socket ends after `room` messages."""

    plan_id: str = "plan_123"
    type: str = "STEP_COMPLETED"
    sent: int = 4
    room: int = 100
    went: list[Any] = field(default_factory=list)

    async def send(self) -> bool:
        self.went.append("message")
        return len(self.went) < self.room

    def skip(self) -> bool:
        self.went.append("nothing")
        return True

    async def close(self, code: int, reason: str) -> bool:
        self.went.append((code, reason))
        return False

    async def abort(self) -> bool:
        self.went.append("cut")
        return False

    def send_behind(self, messages: int, at_latest: Callable[[], Awaitable[None]]) -> tuple[Any, ...]:
        return messages, at_latest


@dataclass
class Call:
    """An OutboundCall."""

    target: str = "capsule"
    made: bool = False

    async def proceed(self) -> str:
        self.made = True
        return "answered"

    def refused(self) -> Exception:
        return ConnectionRefusedError(self.target)


@dataclass
class Component:
    """A ComponentHandle; `done` are the operations it was put through."""

    name: str = "kafka"
    done: list[str] = field(default_factory=list)

    async def stop(self) -> None:
        self.done.append("stop")

    async def kill(self) -> None:
        self.done.append("kill")

    async def pause(self) -> None:
        self.done.append("pause")

    async def restart(self) -> None:
        self.done.append("restart")

    async def bring_back(self) -> None:
        self.done.append("bring back")


POINTS = {
    points.HTTP: Request, points.PLAN_STEP: Step, points.DELIVERY: Due, points.PUBLISHING: Outgoing,
    points.STREAM: Frame, points.OUTBOUND: Call, points.BROKER: Component, points.PROCESS: Component,
}  # fmt: skip

MEANT: dict[str, dict[str, Any]] = {
    "auth-outage": {"headers": {"X-API-Key": "k"}},
    "schema-incompatible": {"method": "POST", "path": "/subjects/a/versions"},
    "schema-unknown": {"path": "/schemas/ids/1"},
}
"""What some kinds look for in a request."""


@dataclass
class Facts:
    kept: list[Any] = field(default_factory=list)

    def record(self, fact: Any) -> None:
        self.kept.append(fact)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def apply(clock: ManualClock, facts: Facts) -> Callable[..., AppliedFault]:
    """`apply("latency", ms=200)`; a dash in a parameter is written as an underscore."""

    def make(kind: str, **parameters: Any) -> AppliedFault:
        return AppliedFault("f1", read_fault(kind, parameters), "capsule", clock, facts)

    return make


@pytest.fixture
def request_() -> type[Request]:
    return Request


@pytest.fixture
def step() -> type[Step]:
    return Step


@pytest.fixture
async def wire(facts: Facts) -> AsyncIterator[Wire]:
    """A service on a real socket, in real time."""
    async with a_service(facts) as service:
        yield service


@pytest.fixture
async def registry(facts: Facts) -> AsyncIterator[Wire]:
    """The schema registry on a real socket, over a log in memory."""
    async with a_registry(MemoryLog(), facts) as service:
        yield service


@pytest.fixture
def due() -> type[Due]:
    return Due


@pytest.fixture
def outgoing() -> type[Outgoing]:
    return Outgoing


@pytest.fixture
def frame() -> type[Frame]:
    return Frame


@pytest.fixture
def call() -> type[Call]:
    return Call


@pytest.fixture
def component() -> type[Component]:
    return Component


@pytest.fixture
def hit() -> Callable[[AppliedFault], Any]:
    """Something at the fault's point that it means."""
    return lambda applied: POINTS[applied.fault.point](**MEANT.get(applied.fault.kind, {}))
