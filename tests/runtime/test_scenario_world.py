"""The engine's world: the journal's facts from now on, the clock's speed, and what the sandbox cannot take on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import SystemClock
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.names import Names
from sandbox.errors import UsageError
from sandbox.events.facts import BreakerTransitioned, CallNotPermitted, RecordConsumed
from sandbox.observe.journal import Journal
from sandbox.observe.ledger import Ledger
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.scenario_world import ScenarioWorld
from sandbox.scenarios.ports import FaultState, GroupState, Moved, Setting


class Groups:
    """One group of one member, and a memory of what was asked."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def one(self, group: str) -> dict[str, Any]:
        return {"group": group, "state": "Stable", "lag": 3, "members": [{"client": "capsule-services"}]}

    async def reset(self, group: str, to: str, topics: Sequence[str]) -> dict[str, Any]:
        self._sandbox.asked.append((group, to, tuple(topics)))
        return {"again": 5, "skipped": 1, "partitions": []}


class Resets:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def reset(self, services: Sequence[str]) -> None:
        self._sandbox.asked.append(tuple(services))


class Faults:
    FAULT: Mapping[str, Any] = {"id": "outage", "text": "latency --ms 5", "on": "capsule", "hits": 4}

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def list(self) -> list[Mapping[str, Any]]:
        return [self.FAULT]

    async def add(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self._sandbox.asked.append(request)
        return self.FAULT

    async def remove(self, identity: str) -> Mapping[str, Any]:
        self._sandbox.asked.append(identity)
        return self.FAULT


class Sandbox:
    def __init__(self, profile: str | None = None) -> None:
        clients = KafkaClients("127.0.0.1:1", None, Contracts.load(), Names(), client_id="test", strict=True)
        self.clients = clients
        self.journal = Journal()
        self.speeds: list[float] = []
        self.asked: list[Any] = []
        self.ledger = Ledger(self.journal)
        self.world = ScenarioWorld(
            clients, self.journal, SystemClock(), {}, breakers=self.breakers, ledger=self.ledger, groups=Groups(self),
            resets=Resets(self), set_speed=self.set_speed, faults=Faults(self), profile=profile,
            controls=None, lacks=lambda need: None, log_folder=Path("/nonexistent"),
        )  # fmt: skip

    async def breakers(self) -> dict[str, Any]:
        return {"odyssey/capsule": {"state": "OPEN", "failureRate": 60.0}}

    async def set_speed(self, speed: float) -> None:
        self.speeds.append(speed)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox()
    yield made
    await made.clients.close()


def moved(state: str) -> BreakerTransitioned:
    return BreakerTransitioned(at_ms=1, source="odyssey", breaker="capsule", from_state="CLOSED", to_state=state)


async def test_facts_are_those_of_the_kinds_asked_for_from_now_on(sandbox: Sandbox) -> None:
    sandbox.journal.record(moved("OPEN"))
    async with sandbox.world.facts_from_now((BreakerTransitioned,)) as facts:
        sandbox.journal.record(CallNotPermitted(at_ms=1, source="odyssey", breaker="capsule"))
        sandbox.journal.record(moved("HALF_OPEN"))
        async with asyncio.timeout(2):
            assert (await anext(facts)).to_state == "HALF_OPEN"  # type: ignore[attr-defined]
            waiting = asyncio.ensure_future(anext(facts))
            await asyncio.sleep(0)
            sandbox.journal.record(moved("CLOSED"))
            assert (await waiting).to_state == "CLOSED"  # type: ignore[attr-defined]


async def test_breakers_have_their_state_and_metrics(sandbox: Sandbox) -> None:
    found = await sandbox.world.breakers()
    assert (found["odyssey/capsule"].state, found["odyssey/capsule"].metrics["failureRate"]) == ("OPEN", 60.0)


async def test_the_speed_is_changed_everywhere_and_back(sandbox: Sandbox) -> None:
    async with sandbox.world.setting(Setting(speed=20)):
        assert (sandbox.world.clock.speed, sandbox.speeds) == (20, [20])
    assert (sandbox.world.clock.speed, sandbox.speeds) == (1, [20, 1])
    async with sandbox.world.setting(Setting()):
        assert sandbox.speeds == [20, 1]


@pytest.mark.parametrize(("asked", "has"), [("demo", None), ("demo", "default"), ("real", "demo")])
async def test_a_profile_that_the_sandbox_does_not_run_with_is_refused_with_the_way_out(
    asked: str, has: str | None
) -> None:
    sandbox = Sandbox(has)
    with pytest.raises(UsageError, match="profile") as caught:
        async with sandbox.world.setting(Setting(profile=asked)):
            pass
    assert "sandbox up" in (caught.value.hint or "")
    await sandbox.clients.close()


@pytest.mark.parametrize(
    ("asked", "has"), [(None, "demo"), (None, None), ("demo", "demo"), ("real", None), ("real", "default")]
)
async def test_a_profile_that_fits_is_taken(asked: str | None, has: str | None) -> None:
    sandbox = Sandbox(has)
    async with sandbox.world.setting(Setting(profile=asked)):
        assert sandbox.speeds == []
    await sandbox.clients.close()


async def test_ledger_and_traces_are_those_of_the_journal(sandbox: Sandbox) -> None:
    sandbox.journal.append(
        RecordConsumed(
            at_ms=1, source="capsule", group="capsule", topic="a.b", partition=0, offset=0, outcome="processed",
            took_ms=1, request_id="req-1",
        )
    )  # fmt: skip
    assert (await sandbox.world.ledger())["capsule"]["processed"] == 1
    assert [fact["source"] for fact in await sandbox.world.trace("req-1")] == ["capsule"]
    assert list(await sandbox.world.trace("req-2")) == []


async def test_groups_and_stores_are_set_by_the_engine(sandbox: Sandbox) -> None:
    assert await sandbox.world.group("capsule") == GroupState("Stable", ("capsule-services",), 3)
    assert await sandbox.world.set_offsets("capsule", "10m", ["a.b"]) == Moved(again=5, skipped=1)
    await sandbox.world.reset(["capsule"])
    assert sandbox.asked == [("capsule", "10m", ("a.b",)), ("capsule",)]


async def test_faults_are_made_and_removed_by_the_engine(sandbox: Sandbox) -> None:
    assert await sandbox.world.add_fault("latency", "capsule", {"ms": 5}, None) == "outage"
    assert sandbox.asked == [{"kind": "latency", "on": "capsule", "parameters": {"ms": 5}, "id": None}]
    state = FaultState("latency --ms 5", "capsule", 4)
    assert await sandbox.world.faults() == {"outage": state}
    assert await sandbox.world.remove_fault("outage") == state
