"""Faults of records, streams, edges, the broker and processes on a running sandbox, by hand and in a scenario."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from sandbox.control.quick_client import QuickClient
from tests.e2e.conftest import Cli

pytestmark = pytest.mark.e2e

EURUSD = "rim:entity:finance:EURUSD"


class Sandbox:
    """A running sandbox: its command line, its services, and the facts since the test began."""

    def __init__(self, cli: Cli, status: dict[str, Any]) -> None:
        self.cli = cli
        self.urls: dict[str, str] = status["endpoints"]
        self.control = QuickClient(self.urls["control"], cli.ok("env", "--json").json["SANDBOX_TOKEN"], timeout_s=60)
        self._after = self.control.get("/v1/facts?limit=1&after=0")["last"]

    def fault(self, kind: str, on: str, *parameters: str) -> dict[str, Any]:
        return self.cli.ok("fault", "add", kind, "--on", on, *parameters, "--json").json

    def heal(self, fault: dict[str, Any]) -> dict[str, Any]:
        return self.cli.ok("fault", "remove", fault["id"], "--json").json[0]

    def facts(self, kind: str, **wanted: Any) -> list[dict[str, Any]]:
        page = self.control.get(f"/v1/facts?after={self._after}&limit=1000&kind={kind}")
        return [each for each in page["facts"] if all(each.get(name) == value for name, value in wanted.items())]

    def produce(self, key: str, topic: str = "perception.events", **changed: Any) -> None:
        event = {
            "event_id": f"e-{uuid4()}", "event_type": "MARKET", "timestamp": 1, "detected_at": 2, "title": "t",
            "entities": [EURUSD], "trust_score": 0.5, "sources": [], "metadata": {}, **changed,
        }  # fmt: skip
        self.control.post(f"/v1/topics/{topic}/records", {"value": event, "key": key})

    def get(self, service: str, path: str) -> Any:
        with urllib.request.urlopen(f"{self.urls[service]}{path}", timeout=30) as answer:
            return json.loads(answer.read())

    def component(self, name: str) -> dict[str, Any]:
        return next(each for each in self.control.get("/v1/status")["components"] if each["name"] == name)

    def is_ready(self) -> bool:
        status = self.control.get("/v1/status")
        return status["ready"] and all(each["state"] == "ready" for each in status["components"])


@pytest.fixture
def sandbox(shared: tuple[Any, dict[str, Any]]) -> Iterator[Sandbox]:
    cli, status = shared
    yield Sandbox(cli, status)
    cli.ok("fault", "remove", "--all")


@pytest.fixture(scope="module")
def own_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, dict[str, Any]]]:
    """One whose broker and processes may be harmed."""
    folder = tmp_path_factory.mktemp("harmed")
    cli = Cli(folder, folder / "state")
    yield cli, cli.ok("up", "--ports", "auto", "--profile", "demo", "--json").json
    cli.run("down", "--all", "--purge")


@pytest.fixture
def harmed(own_sandbox: tuple[Cli, dict[str, Any]]) -> Iterator[Sandbox]:
    cli, status = own_sandbox
    yield Sandbox(cli, status)
    cli.ok("fault", "remove", "--all")


def test_exactly_the_record_that_is_meant_becomes_a_dead_letter_after_its_retries(
    sandbox: Sandbox, wait_for: Callable[..., Any]
) -> None:
    bad, good = f"rim:entity:bad:{uuid4()}", f"rim:entity:good:{uuid4()}"
    aim = ("--key", "rim:entity:bad:*", "--payload", "event_type=MARKET", "--group", "capsule")
    fault = sandbox.fault("consumer-failure", "capsule", "--category", "PERSISTENCE", "--error", "disk full", *aim)
    for key, type_ in ((good, "MARKET"), (bad, "ECONOMIC"), (bad, "MARKET")):
        sandbox.produce(key, event_type=type_)
    letter = wait_for(lambda: sandbox.facts("DlqRecordWritten", topic="perception.events"))
    wait_for(lambda: len(sandbox.facts("RecordConsumed", group="capsule", key=bad)) == 2)
    assert [(each["category"], each["error"], each["retries"]) for each in letter] == [("PERSISTENCE", "disk full", 3)]
    outcomes = [each["outcome"] for each in sandbox.facts("RecordConsumed", group="capsule", key=bad)]
    assert outcomes == ["processed", "dead_lettered"]
    assert [each["outcome"] for each in sandbox.facts("RecordConsumed", group="capsule", key=good)] == ["processed"]
    assert sandbox.heal(fault)["hits"] == 4


def test_the_next_record_that_is_produced_by_hand_is_poison(sandbox: Sandbox, wait_for: Callable[..., Any]) -> None:
    key = f"rim:entity:poison:{uuid4()}"
    sandbox.fault("poison-record", "engine", "--topic", "perception.events", "--way", "unknown-id", "--first", "1")
    sandbox.produce(key)
    sandbox.produce(key)
    wait_for(lambda: len(sandbox.facts("RecordConsumed", group="capsule", key=key)) == 2)
    outcomes = [each["outcome"] for each in sandbox.facts("RecordConsumed", group="capsule", key=key)]
    assert outcomes == ["dead_lettered", "processed"]
    (letter,) = sandbox.facts("DlqRecordWritten")
    assert (letter["category"], letter["retries"]) == ("DESERIALIZATION", 0) and "schema id" in letter["error"]


def test_a_services_record_goes_out_twice(sandbox: Sandbox, wait_for: Callable[..., Any]) -> None:
    sandbox.fault("duplicate-record", "capsule", "--topic", "capsule.snapshots", "--first", "1")
    sandbox.produce(f"rim:entity:twice:{uuid4()}")
    written = {"source": "capsule", "topic": "capsule.snapshots"}
    wait_for(lambda: len(sandbox.facts("RecordProduced", **written)) == 2)
    first, second = sandbox.facts("RecordProduced", **written)
    assert (first["key"], first["partition"], first["span_id"]) == (
        second["key"],
        second["partition"],
        second["span_id"],
    )
    assert second["offset"] == first["offset"] + 1


def test_a_paused_consumer_falls_behind_and_catches_up(sandbox: Sandbox, wait_for: Callable[..., Any]) -> None:
    def lag() -> int:
        return sandbox.cli.ok("groups", "describe", "audit", "--json").json["lag"]

    wait_for(lambda: lag() == 0)
    fault = sandbox.fault("consumer-pause", "audit", "--topic", "perception.events")
    for _ in range(5):
        sandbox.produce(f"rim:entity:paused:{uuid4()}")
    assert wait_for(lambda: lag() == 5)
    assert sandbox.control.get("/v1/groups/audit")["state"] == "Stable"
    sandbox.heal(fault)
    wait_for(lambda: lag() == 0)


def test_a_crashed_consumer_leaves_its_group_and_loses_nothing(sandbox: Sandbox, wait_for: Callable[..., Any]) -> None:
    def group() -> dict[str, Any]:
        return sandbox.control.get("/v1/groups/audit")

    key = f"rim:entity:crash:{uuid4()}"
    sandbox.fault("consumer-crash", "audit", "--key", key, "--away", "1500")
    sandbox.produce(key)
    wait_for(lambda: group()["state"] == "Empty")
    wait_for(lambda: group()["state"] == "Stable" and group()["lag"] == 0, 20.0)
    assert [each["outcome"] for each in sandbox.facts("RecordConsumed", group="audit", key=key)] == ["processed"]


async def frames(url: str, count: int) -> list[Any]:
    """The sequence numbers of the messages that came, and the code of the close if it came to that."""
    seen: list[Any] = []
    async with asyncio.timeout(15), aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        while len(seen) < count:
            frame = await socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return [*seen, ("closed", socket.close_code)]
            seen.append(json.loads(frame.data)["sequence"])
    return seen


@pytest.mark.parametrize("code", [1012, 1006])
def test_a_real_client_sees_the_close_and_all_of_it_when_it_comes_again(sandbox: Sandbox, code: int) -> None:
    url = f"{sandbox.urls['plato'].replace('http', 'ws', 1)}/ws/plans/plan_123"
    sandbox.fault("ws-close", "plato", "--code", str(code), "--after-messages", "3", "--first", "1")
    assert asyncio.run(frames(url, 6)) == [1, 2, 3, ("closed", code)]
    assert asyncio.run(frames(url, 6)) == [1, 2, 3, 4, 5, 6]


def test_a_partition_between_two_services_trips_the_breaker_while_the_other_is_well(
    sandbox: Sandbox, wait_for: Callable[..., Any]
) -> None:
    path = f"/api/v1/entities/{EURUSD}/history"

    def state() -> str:
        sandbox.get("odyssey", path)
        return sandbox.control.get("/v1/breakers")["breakers"]["odyssey/capsule"]["state"]

    sandbox.control.post("/v1/breakers/odyssey/capsule/reset")
    fault = sandbox.fault("edge-partition", "odyssey", "--to", "capsule")
    wait_for(lambda: state() == "OPEN", 20.0)
    assert sandbox.get("odyssey", path)["meta"]["degraded"]
    assert sandbox.get("capsule", f"/api/v1/history/{EURUSD}")["data"] is not None
    sandbox.heal(fault)
    sandbox.control.post("/v1/breakers/odyssey/capsule/reset")
    assert not sandbox.get("odyssey", path)["meta"].get("degraded")


STORY = """
scenario: The broker freezes under load
profile: demo
steps:
  - publish: perception.events
    as: load
    background: true
    count: 200
    rate: 100/s
    key: "rim:entity:load:{{ sequence }}"
    value: {event_id: "load-{{ uuid() }}", event_type: MARKET, timestamp: 1, detected_at: 2, title: t,
            entities: ["rim:entity:load:a"], trust_score: 0.5, sources: [], metadata: {}}
  - wait: 300ms
  - fault: broker-pause
    on: kafka
    as: frozen
  - wait: 1s
  - heal: frozen
  - expect: perception.events
    key: {matches: "^rim:entity:load:"}
    count: {gte: 200}
    within: 30s
  - stop: load
  - ledger: {group: capsule, in_flight: 0, lost: 0}
    within: 20s
"""


def test_a_broker_that_freezes_under_load_loses_nothing(harmed: Sandbox, tmp_path: Path) -> None:
    story = tmp_path / "frozen.yaml"
    story.write_text(STORY, encoding="utf-8")
    done = harmed.cli.run("scenario", "run", str(story), limit_s=90)
    assert done.code == 0, done.out + done.err
    assert [each["fault"] for each in harmed.facts("FaultApplied")] == ["broker-pause"]
    handled = {each["key"] for each in harmed.facts("RecordConsumed", group="capsule", outcome="processed")}
    assert (
        len(handled) == 200 == len({each["key"] for each in harmed.facts("RecordProduced", topic="perception.events")})
    )


def test_a_scenario_that_fails_leaves_the_broker_running(
    harmed: Sandbox, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    story = tmp_path / "fails.yaml"
    story.write_text(
        "scenario: It fails while the broker is away\nsteps:\n"
        "  - fault: broker-stop\n    on: kafka\n    as: away\n"
        "  - breaker: odyssey/capsule\n    is: OPEN\n    within: 100ms\n",
        encoding="utf-8",
    )
    done = harmed.cli.run("scenario", "run", str(story), limit_s=90)
    assert done.code == 1 and "away: broker-stop on kafka" in done.out + done.err
    assert harmed.component("kafka")["state"] == "ready"
    assert harmed.cli.ok("fault", "list", "--json").json == []
    wait_for(harmed.is_ready, 60.0)


def test_a_broker_that_was_killed_comes_back_when_the_fault_goes(harmed: Sandbox, wait_for: Callable[..., Any]) -> None:
    fault = harmed.fault("broker-kill", "kafka", "--as", "away")
    assert harmed.component("kafka")["state"] == "failed"
    assert "fault away: broker-kill on kafka" in harmed.cli.ok("status").out
    refused = harmed.cli.run("fault", "add", "broker-restart", "--on", "kafka")
    assert refused.code == 2 and "away disturbs kafka already" in refused.err
    harmed.heal(fault)
    assert harmed.component("kafka")["state"] == "ready"
    wait_for(harmed.is_ready, 60.0)
    key = f"rim:entity:back:{uuid4()}"
    harmed.produce(key)
    wait_for(lambda: harmed.facts("RecordConsumed", group="capsule", key=key), 30.0)


def test_a_crash_of_one_service_takes_those_of_its_process_along_and_says_so(
    harmed: Sandbox, wait_for: Callable[..., Any]
) -> None:
    fault = harmed.fault("service-crash", "capsule", "--duration", "500ms")
    assert fault["text"].startswith("service-crash --duration 500ms (its process also runs ")
    assert "plato" in fault["text"]
    wait_for(harmed.is_ready, 60.0)
    assert harmed.cli.ok("fault", "list", "--json").json == []
    (gone,) = harmed.facts("FaultRemoved")
    assert (gone["fault_id"], gone["reason"]) == (fault["id"], "expired")
    states = [(each["component"], each["state"]) for each in harmed.facts("ComponentStateChanged")]
    assert ("services", "failed") in states and states[-1] == ("services", "ready")


def test_a_restart_is_over_when_the_command_returns(harmed: Sandbox, wait_for: Callable[..., Any]) -> None:
    before = harmed.component("capsule")["pid"]
    harmed.fault("service-restart", "capsule")
    assert harmed.component("capsule")["pid"] != before
    assert harmed.cli.ok("fault", "list", "--json").json == []
    wait_for(harmed.is_ready, 60.0)
