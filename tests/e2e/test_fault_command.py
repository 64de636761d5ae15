"""Faults made by hand on a running sandbox: every kind acts, is counted, and stops the instant it is removed."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest

from sandbox.control.quick_client import QuickClient

pytestmark = pytest.mark.e2e

HISTORY = "/api/v1/history/rim:entity:finance:EURUSD"


@pytest.fixture
def sandbox(shared: tuple[Any, dict[str, Any]]) -> Iterator[tuple[Any, dict[str, str]]]:
    cli, status = shared
    yield cli, status["endpoints"]
    cli.ok("fault", "remove", "--all")


def ask(url: str, method: str = "GET") -> tuple[int, dict[str, Any], Any]:
    request = urllib.request.Request(url, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers


def test_capsule_answers_503_until_it_is_healed(sandbox: Any) -> None:
    cli, urls = sandbox
    made = cli.ok(
        "fault", "add", "http-status", "--on", "capsule", "--status", "503", "--retry-after", "2", "--as", "outage"
    )
    assert made.out == "outage  http-status --status 503 --retry-after 2 on capsule\n"
    status, body, headers = ask(urls["capsule"] + HISTORY)
    assert (status, body["error"]["code"], headers["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "2")
    assert ask(f"{urls['capsule']}/actuator/health")[0] == 200
    history = ask(f"{urls['odyssey']}/api/v1/entities/rim:entity:finance:EURUSD/history")[1]
    assert (history["data"], history["meta"]["degraded"]) == ([], True)
    assert "fault outage: http-status --status 503 --retry-after 2 on capsule" in cli.ok("status").out
    (fault,) = cli.ok("fault", "list", "--json").json
    assert (fault["id"], fault["on"], fault["hits"] >= 2) == ("outage", "capsule", True)
    assert cli.run("fault", "add", "latency", "--on", "capsule", "--ms", "1", "--as", "outage").code == 2
    assert cli.ok("fault", "remove", "outage").out.startswith("outage  removed, had acted ")
    assert ask(urls["capsule"] + HISTORY)[0] == 200


def test_latency_is_felt_and_limited(sandbox: Any) -> None:
    cli, urls = sandbox
    cli.ok("fault", "add", "latency", "--on", "capsule", "--ms", "400", "--path", "/api/v1/history/*", "--first", "1")
    took_s = []
    for _ in range(2):
        started = time.monotonic()
        assert ask(urls["capsule"] + HISTORY)[0] == 200
        took_s.append(time.monotonic() - started)
    assert took_s[0] >= 0.4 > took_s[1]
    (listed,) = cli.ok("fault", "list").out.splitlines()[1:]
    assert listed.split()[2] == "1" and listed.endswith("--first 1  (rests)")
    cli.ok("reset", "capsule")
    assert cli.ok("fault", "list", "--json").json == [], "a reset service has no faults"


async def watched(url: str) -> list[dict[str, Any]]:
    """The messages of a plan's latest run, to its end."""
    messages: list[dict[str, Any]] = []
    async with asyncio.timeout(15), aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        async for frame in socket:
            messages.append(json.loads(frame.data))
            if messages[-1]["type"] in {"PLAN_COMPLETED", "PLAN_FAILED"}:
                break
    return messages


@pytest.mark.spec("WS-TYPE-PLAN-FAILED", "WS-TYPE-STEP-FAILED")
def test_a_step_of_a_plan_fails_by_a_fault(sandbox: Any, wait_for: Callable[..., Any]) -> None:
    cli, urls = sandbox
    cli.ok("fault", "add", "plan-step-failure", "--on", "plato", "--step", "decide", "--error", "no desk is open")
    plan = f"{urls['plato']}/api/v1/plans/plan_123"
    assert ask(f"{plan}/execute", "POST")[0] == 202
    wait_for(lambda: ask(plan)[1]["data"]["status"] == "FAILED")
    (failed,) = [step for step in ask(plan)[1]["data"]["steps"] if step["status"] == "FAILED"]
    assert (failed["stepId"], failed["error"]) == ("decide", "no desk is open")
    told = asyncio.run(watched(f"{urls['plato'].replace('http', 'ws', 1)}/ws/plans/plan_123"))
    assert [(each["type"], each["error"]) for each in told if "error" in each] == [
        ("STEP_FAILED", "no desk is open"),
        ("PLAN_FAILED", "no desk is open"),
    ]
    assert told[-2]["step"] == "decide"


def test_what_breaks_on_the_wire_breaks_on_a_running_sandbox(sandbox: Any) -> None:
    cli, urls = sandbox
    cli.ok("fault", "add", "reset", "--on", "capsule", "--path", "/api/v1/history/*", "--nth", "2")
    assert ask(urls["capsule"] + HISTORY)[0] == 200
    with pytest.raises(ConnectionResetError):
        ask(urls["capsule"] + HISTORY)
    cli.ok("fault", "add", "truncated-body", "--on", "plato", "--path", "/api/v1/plans/plan_123", "--first", "1")
    with pytest.raises(http.client.IncompleteRead):
        ask(f"{urls['plato']}/api/v1/plans/plan_123")
    assert ask(f"{urls['plato']}/api/v1/plans/plan_123")[0] == 200


def test_the_registry_fails_in_its_own_form_and_is_well_again(sandbox: Any) -> None:
    cli, urls = sandbox
    registry = urls["schema_registry"]
    cli.ok("fault", "add", "http-status", "--on", "schema-registry", "--status", "503", "--path", "/subjects")
    assert ask(f"{registry}/subjects")[:2] == (503, {"error_code": 503, "message": "HTTP 503 Service Unavailable"})
    assert ask(f"{registry}/config")[0] == 200
    cli.ok("fault", "add", "schema-unknown", "--on", "schema-registry", "--id", "1", "--as", "unknown")
    assert ask(f"{registry}/schemas/ids/1")[:2] == (404, {"error_code": 40403, "message": "Schema 1 not found"})
    cli.ok("fault", "remove", "--all")
    assert ask(f"{registry}/subjects")[0] == ask(f"{registry}/schemas/ids/1")[0] == 200


def test_a_fault_ends_itself_and_the_journal_says_why(sandbox: Any, wait_for: Callable[..., Any]) -> None:
    cli, urls = sandbox
    cli.ok("fault", "add", "http-status", "--on", "plato", "--status", "503", "--duration", "4s", "--as", "short")
    assert ask(f"{urls['plato']}/api/v1/plans/plan_123")[0] == 503
    (listed,) = cli.ok("fault", "list", "--json").json
    assert listed["acting"] is True and 0 < listed["until_ms"] - listed["since_ms"] <= 4_100
    wait_for(lambda: cli.ok("fault", "list", "--json").json == [])
    assert ask(f"{urls['plato']}/api/v1/plans/plan_123")[0] == 200
    env = cli.ok("env", "--json").json
    client = QuickClient(env["SANDBOX_CONTROL_URL"], env["SANDBOX_TOKEN"])
    facts = client.get("/v1/facts?kind=FaultRemoved&limit=500")["facts"]
    assert [each["reason"] for each in facts if each["fault_id"] == "short"] == ["expired"]
    kinds = client.get("/v1/faults/kinds")["kinds"]
    assert {"latency", "reset"} <= {each["kind"] for each in kinds}
    assert all(each["parameters"]["properties"].keys() >= {"duration"} for each in kinds)


def test_a_mistake_is_told_with_the_way_out(sandbox: Any) -> None:
    cli, _ = sandbox
    done = cli.run("fault", "add", "http-status", "--on", "capsule", "--statu", "503")
    assert (done.code, done.err) == (
        2,
        "error: statu: http-status has no parameter 'statu'\n  → did you mean status?\n",
    )
    done = cli.run("fault", "add", "plan-step-failure", "--on", "capsule")
    assert done.code == 2 and "plan-step-failure does not act on capsule\n  → it acts on plato; on capsule" in done.err
    assert cli.run("fault", "remove", "nothing").code == 2
    assert cli.ok("fault", "list", "--json").json == []
