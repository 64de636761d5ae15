"""Injection points without services: what a fault did to them is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.clock import ManualClock
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
