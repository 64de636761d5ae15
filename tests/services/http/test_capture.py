"""Whole requests are told of while somebody records, and only then; no secret is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from sandbox.contracts.redaction import REDACTED
from sandbox.events.facts import CallCaptured
from sandbox.services.http import INTERCEPTORS, Exchange, Route
from sandbox.services.http.capture import Capture
from sandbox.services.http.fields import ApiModel


class Thing(ApiModel):
    name: str
    password: str | None = None


async def make(exchange: Exchange) -> Any:
    thing = await exchange.body(Thing)
    return exchange.ok({"id": "thing_1", "name": thing.name, "token": "abc"}, status=201)


@pytest.fixture
async def client(serve: Any, echo: Any) -> TestClient:
    return await serve([Route("POST", "/api/v1/things", make), Route("GET", "/api/v1/things/{id}", echo)])


@pytest.fixture
def captured(client: TestClient, facts: Any) -> Any:
    client.app[INTERCEPTORS].insert(0, Capture("capsule", facts, 1_000))
    return lambda: [fact for fact in facts.kept if isinstance(fact, CallCaptured)]


async def test_a_call_is_told_with_its_bodies_and_without_secrets(client: TestClient, captured: Any) -> None:
    sent = {"name": "n", "password": "hunter2"}
    headers = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Tenant-ID": "t1", "X-Request-ID": "req-1"}
    answer = await client.post("/api/v1/things?api_key=k&page=1", json=sent, headers=headers)
    assert answer.status in (201, 401)
    headers.pop("Authorization")
    await client.post("/api/v1/things?api_key=k&page=1", json=sent, headers=headers)
    *_, call = captured()
    assert (call.source, call.method, call.status, call.cut) == ("capsule", "POST", 201, False)
    assert call.path == f"/api/v1/things?api_key={REDACTED}&page=1" and call.request_id == "req-1"
    assert json.loads(call.body) == {"name": "n", "password": REDACTED}
    assert json.loads(call.answer)["data"] == {"id": "thing_1", "name": "n", "token": REDACTED}
    assert call.headers == {"Content-Type": "application/json", "X-Tenant-ID": "t1", "Accept": "*/*"}
    assert "hunter2" not in json.dumps([fact.to_json() for fact in captured()])


async def test_the_caller_notices_nothing(client: TestClient, captured: Any) -> None:
    answer = await client.post("/api/v1/things", json={"name": "n", "password": "p"})
    assert answer.status == 201 and (await answer.json())["data"]["token"] == "abc"
    refused = await client.post("/api/v1/things", data=b"{", headers={"Content-Type": "application/json"})
    assert refused.status == 400 and (await refused.json())["error"]["code"] == "VALIDATION_ERROR"
    assert [(call.status, call.body) for call in captured()] == [(201, captured()[0].body), (400, "{")]


async def test_errors_and_calls_without_a_body_are_told(client: TestClient, captured: Any) -> None:
    await client.get("/api/v1/things/1")
    await client.get("/no/such/path")
    assert [(call.path, call.status, call.body) for call in captured()] == [
        ("/api/v1/things/1", 200, None), ("/no/such/path", 404, None),
    ]  # fmt: skip


async def test_what_is_longer_than_the_limit_is_left_out_and_said_to_be(client: TestClient, captured: Any) -> None:
    await client.post("/api/v1/things", json={"name": "n" * 2_000})
    (call,) = captured()
    assert (call.body, call.answer, call.cut, call.status) == (None, None, True, 201)


@pytest.mark.parametrize("path", ["/actuator/health", "/v3/api-docs", "/swagger-ui.html"])
async def test_health_checks_and_documentation_are_nobodys_story(client: TestClient, captured: Any, path: str) -> None:
    await client.get(path)
    await client.options("/api/v1/things", headers={"Origin": "http://localhost"})
    assert captured() == []


async def test_the_services_calls_to_each_other_are_left_out(
    client: TestClient, captured: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.services.http.authentication import Authenticator

    monkeypatch.setattr(Authenticator, "is_service", lambda self, headers: True)
    await client.get("/api/v1/things/1")
    assert captured() == []
