"""Faults made by hand on a running sandbox: every kind acts, is counted, and stops the instant it is removed."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest

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
    async with asyncio.timeout(15), aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
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


def test_a_mistake_is_told_with_the_way_out(sandbox: Any) -> None:
    cli, _ = sandbox
    done = cli.run("fault", "add", "http-status", "--on", "capsule", "--statu", "503")
    assert (done.code, done.err) == (
        2,
        "error: statu: http-status has no parameter 'statu'\n  → did you mean status?\n",
    )
    assert cli.run("fault", "remove", "nothing").code == 2
    assert cli.ok("fault", "list", "--json").json == []
