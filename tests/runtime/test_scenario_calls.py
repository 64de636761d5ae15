from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest

from sandbox.runtime.scenario_calls import ServiceCalls, open_service_calls
from sandbox.services.settings import HttpSettings

SETTINGS = HttpSettings(auth="required", secret="s")
OWN = "http://127.0.0.1:8083"


class RecordingCalls:
    def __init__(self) -> None:
        self.sent: list[Mapping[str, str]] = []

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: Any, limit_s: float) -> Any:
        self.sent.append(headers)

    @asynccontextmanager
    async def connect(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Any]:
        self.sent.append(headers)
        yield None


@pytest.fixture
def plain() -> RecordingCalls:
    return RecordingCalls()


@pytest.fixture
def calls(plain) -> ServiceCalls:
    return ServiceCalls(plain, [OWN], SETTINGS)


async def test_a_call_to_a_service_comes_with_a_token_of_all_scopes(calls, plain) -> None:
    await calls.request("GET", f"{OWN}/api/v1/capsules", {"Accept": "x"}, None, 1.0)
    async with calls.connect("ws://127.0.0.1:8083/ws/plans/p", {}):
        pass
    for headers in plain.sent:
        scheme, _, token = headers["Authorization"].partition(" ")
        assert scheme == "Bearer"
        assert jwt.decode(token, SETTINGS.signing_key, algorithms=["HS256"])["scope"] == "admin"
    assert plain.sent[0]["Accept"] == "x"


@pytest.mark.parametrize("given", [{"authorization": ""}, {"X-API-Key": "wrong"}])
async def test_a_step_that_brings_a_credential_means_it(calls, plain, given) -> None:
    await calls.request("GET", f"{OWN}/x", given, None, 1.0)
    assert plain.sent == [{**given, "X-Sandbox-Dialect": "envelope"}]


async def test_answers_are_in_the_envelope_unless_a_step_asks_for_another_dialect(plain) -> None:
    calls = ServiceCalls(plain, [OWN], HttpSettings())
    await calls.request("GET", f"{OWN}/x", {}, None, 1.0)
    await calls.request("GET", f"{OWN}/x", {"x-sandbox-dialect": "bare"}, None, 1.0)
    assert plain.sent == [{"X-Sandbox-Dialect": "envelope"}, {"x-sandbox-dialect": "bare"}]


async def test_nobody_else_is_shown_the_token(calls, plain) -> None:
    for url in ("http://127.0.0.1:9999/x", "https://example.org/x", "http://127.0.0.1:80830/x"):
        await calls.request("GET", url, {}, None, 1.0)
    assert plain.sent == [{}, {}, {}]


async def test_services_that_want_no_credential_are_shown_none(plain) -> None:
    await ServiceCalls(plain, [OWN], HttpSettings()).request("GET", f"{OWN}/x", {}, None, 1.0)
    assert "Authorization" not in plain.sent[0]


async def test_opened_calls_are_to_the_services() -> None:
    async with open_service_calls([OWN], HttpSettings()) as calls:
        assert isinstance(calls, ServiceCalls)
