"""Fewer requests a minute while it stands."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UsageError
from sandbox.faults.reading import read_fault
from sandbox.services.settings import HttpSettings
from tests.faults.wire import Wire, a_service

SERVICE_KEY = HttpSettings().service_key


async def statuses(wire: Wire, count: int, *headers: str, method: str = "GET") -> list[int]:
    return [(await wire.hear("/api/v1/things", *headers, method=method)).status for _ in range(count)]


async def test_each_client_gets_fewer_requests_with_the_platforms_headers(wire: Wire) -> None:
    applied = wire.fault("rate-limit", query=2)
    assert await statuses(wire, 3) == [200, 200, 429]
    assert await statuses(wire, 1, "X-Tenant-ID: acme") == [200], "another client has its own"
    refused = await wire.hear()
    assert (refused.header("X-RateLimit-Limit"), refused.header("X-RateLimit-Remaining")) == ("2", "0")
    assert 1 <= int(refused.header("Retry-After") or 0) <= 60
    assert b'"code":"RATE_LIMITED"' in refused.body
    applied.remove()
    wire.place.clear()
    heard = await wire.hear()
    assert (heard.status, heard.header("X-RateLimit-Limit")) == (200, "1000")


async def test_the_classes_are_apart(wire: Wire) -> None:
    wire.fault("rate-limit", command=0)
    assert await statuses(wire, 2) == [200, 200]
    heard = await wire.hear(method="POST", body="{}")
    assert (heard.status, heard.header("X-RateLimit-Limit")) == (429, "0")


async def test_its_window_ends_on_the_sandboxs_clock(facts: Any) -> None:
    clock = ManualClock()
    async with a_service(facts, clock) as wire:
        wire.fault("rate-limit", query=1)
        assert await statuses(wire, 2) == [200, 429]
        clock.tick(60)
        assert await statuses(wire, 2) == [200, 429]


async def test_it_holds_where_rate_limits_are_off_and_leaves_the_other_classes_off(facts: Any) -> None:
    async with a_service(facts, rate_limits=False) as wire:
        wire.fault("rate-limit", query=0)
        assert (await wire.hear()).status == 429
        assert (await wire.hear(method="POST", body="{}")).header("X-RateLimit-Limit") is None


async def test_the_services_calls_to_each_other_are_struck_only_when_they_are_meant(facts: Any) -> None:
    async with a_service(facts) as wire:
        wire.fault("rate-limit", query=0)
        assert await statuses(wire, 1, f"X-API-Key: {SERVICE_KEY}") == [200]
        wire.fault("rate-limit", query=0, client="service")
        assert await statuses(wire, 1, f"X-API-Key: {SERVICE_KEY}") == [429]


def test_it_must_limit_something() -> None:
    with pytest.raises(UsageError, match="needs query, command or admin"):
        read_fault("rate-limit", {})
