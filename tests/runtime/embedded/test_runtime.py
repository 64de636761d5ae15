"""The order of an embedded start, with a JVM and a process of services that are stood in for."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sandbox.runtime.embedded import runtime as runtime_module
from sandbox.runtime.embedded.runtime import EmbeddedRuntime
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.ports import choose_block


class Process:
    """`loads_after` looks it begins to listen at its admin port; None: never."""

    def __init__(self, did: list[str], port: int, *, pid: int | None = 1, loads_after: int | None = None) -> None:
        self.did = did
        self.pid = pid
        self._port = port
        self._left = loads_after
        self.listener = socket.socket()

    def look(self, _: float) -> None:
        self.did.append("look")
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self.listener.bind(("127.0.0.1", self._port))
                self.listener.listen()


class Broker:
    def __init__(self, did: list[str]) -> None:
        self.did = did

    def start(self) -> None:
        self.did.append("kafka")


@pytest.fixture
def plan(tmp_path: Path) -> EnginePlan:
    return EnginePlan(
        name="order", runtime="embedded", state_dir=str(tmp_path), cache_dir=str(tmp_path),
        ports=choose_block("order"), processes={"services": ["capsule"]},
    )  # fmt: skip


def started(plan: EnginePlan, monkeypatch: pytest.MonkeyPatch, **process: int | None) -> list[str]:
    did: list[str] = []
    child = Process(did, plan.ports["admin"], **process)  # type: ignore[arg-type]

    def spawn(*_: object) -> Process:
        did.append("services")
        return child

    monkeypatch.setattr(runtime_module, "broker_of", lambda _: Broker(did))
    monkeypatch.setattr(runtime_module, "spawn_services", spawn)
    monkeypatch.setattr(runtime_module.time, "sleep", child.look)
    with child.listener:
        EmbeddedRuntime(plan, "token").start()
    return did


def test_the_services_load_before_the_engine_goes_on(plan: EnginePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    assert started(plan, monkeypatch, loads_after=3) == ["kafka", "services", "look", "look", "look"]


def test_services_that_ended_are_not_waited_for(plan: EnginePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    assert started(plan, monkeypatch, pid=None) == ["kafka", "services"]


def test_services_that_do_not_load_are_not_waited_for_long(plan: EnginePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_module, "LOAD_LIMIT_S", 0.01)
    did = started(plan, monkeypatch)
    assert did[:2] == ["kafka", "services"] and set(did[2:]) == {"look"}
