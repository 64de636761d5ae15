from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.clock import ManualClock
from sandbox.events.facts import RecordConsumed, RecordProduced, RequestServed
from sandbox.observe.journal import Journal


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def journal() -> Journal:
    return Journal(identity="j1")


@pytest.fixture
def served() -> Callable[..., RequestServed]:
    def make(number: int = 0, *, source: str = "capsule", status: int = 200, **more: object) -> RequestServed:
        members = {"method": "GET", "route": "/api/v1/capsules/{id}", "path": f"/api/v1/capsules/{number}"}
        return RequestServed(at_ms=1_000 + number, source=source, status=status, took_ms=1.5, **members, **more)

    return make


@pytest.fixture
def produced() -> Callable[..., RecordProduced]:
    def make(offset: int, *, topic: str = "rim.fast-path", partition: int = 0) -> RecordProduced:
        return RecordProduced(
            at_ms=1, source="capsule", topic=topic, partition=partition, offset=offset, key=None, size_bytes=10
        )

    return make


@pytest.fixture
def consumed() -> Callable[..., RecordConsumed]:
    def make(
        offset: int,
        outcome: str = "processed",
        *,
        group: str = "capsule",
        topic: str = "rim.fast-path",
        partition: int = 0,
    ) -> RecordConsumed:
        return RecordConsumed(
            at_ms=2,
            source=group,
            group=group,
            topic=topic,
            partition=partition,
            offset=offset,
            outcome=outcome,
            took_ms=1.0,
        )

    return make


@pytest.fixture
def seqs() -> Callable[..., list[int]]:
    def read(journal: Journal, *args: object, **more: object) -> list[int]:
        return [entry.seq for entry in journal.read(*args, **more).entries]

    return read
