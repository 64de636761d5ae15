"""Rate limits (seed: Rate Limiting): headers, the 429, and exactness at the window's edge."""

from __future__ import annotations

import pytest

from sandbox.clock import ManualClock, SystemClock
from sandbox.services.http import RATE_LIMITER, Route
from sandbox.services.http.limit_class import limit_class
from sandbox.services.http.rate_limit import WINDOWS_LIMIT, RateLimiter
from sandbox.services.settings import HttpSettings, RateLimits

THINGS = "/api/v1/things"
START_S = 1_733_220_000


@pytest.fixture
def limiter(clock) -> RateLimiter:
    return RateLimiter(clock, RateLimits(query=2, command=1, admin=1))


def shown(answer) -> tuple[int, int, int]:
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    return tuple(int(answer.headers[name]) for name in names)


@pytest.mark.spec("RATE-COMMAND", "RATE-HEADER-LIMIT", "RATE-HEADER-REMAINING", "RATE-HEADER-RESET", "RATE-QUERY")
async def test_every_answer_shows_the_seeds_three_headers(client):
    assert shown(await client.get(THINGS)) == (1000, 999, START_S + 60)
    assert shown(await client.get("/nowhere")) == (1000, 998, START_S + 60)
    assert shown(await client.post(THINGS)) == (100, 99, START_S + 60)
    assert shown(await client.delete(THINGS)) == (100, 98, START_S + 60)


@pytest.mark.spec("ERROR-429", "RATE-429-BODY")
async def test_one_request_too_many_is_the_seeds_429(client):
    client.app[RATE_LIMITER].change(query=2)
    for _ in range(2):
        assert (await client.get(THINGS)).status == 200
    answer = await client.get(THINGS)
    assert answer.status == 429
    assert (await answer.json())["error"] == {
        "code": "RATE_LIMITED",
        "message": "Too many requests",
        "retryAfter": 60,
    }
    assert answer.headers["Retry-After"] == "60"
    assert shown(answer) == (2, 0, START_S + 60)
    assert (await client.post(THINGS)).status == 200, "commands are counted apart from queries"


@pytest.mark.spec("RATE-WINDOW")
async def test_the_window_ends_exactly_sixty_seconds_after_its_first_request(client, clock):
    client.app[RATE_LIMITER].change(query=1)
    clock.tick(5)
    assert (await client.get(THINGS)).status == 200
    clock.tick(59.999_999_999)
    assert (await client.get(THINGS)).status == 429
    clock.tick(0.000_000_001)
    assert (await client.get(THINGS)).status == 200


@pytest.mark.spec("ERROR-429", "RATE-ADMIN", "RATE-COMMAND", "RATE-QUERY")
@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [("GET", THINGS, 1000), ("POST", THINGS, 100), ("GET", "/api/v1/admin/rate-limits", 100)],
    ids=["query", "command", "admin"],
)
async def test_each_class_allows_exactly_the_seeds_requests_a_minute(client, clock, method, path, limit):
    for number in range(1, limit + 1):
        answer = await client.request(method, path)
        assert (answer.status, shown(answer)[:2]) == (200, (limit, limit - number))
    assert (await client.request(method, path)).status == 429
    clock.tick(60)
    assert (await client.request(method, path)).status == 200


def test_refused_requests_do_not_lengthen_the_window(limiter, clock):
    for _ in range(2):
        assert limiter.admit("a", "query").admitted
    clock.tick(30)
    refused = limiter.admit("a", "query")
    assert (refused.admitted, refused.wait_s, refused.remaining) == (False, 30, 0)
    clock.tick(30)
    assert limiter.admit("a", "query").remaining == 1


def test_the_wait_is_never_shown_as_nothing(limiter, clock):
    for _ in range(2):
        limiter.admit("a", "query")
    clock.tick(59.9999)
    assert limiter.admit("a", "query").wait_s == 1


def test_clients_are_counted_apart(limiter):
    assert [limiter.admit(name, "command").admitted for name in ("a", "b", "a")] == [True, True, False]


def test_a_changed_limit_holds_at_once_in_a_running_window(limiter):
    limiter.admit("a", "query")
    limiter.change(query=1)
    assert not limiter.admit("a", "query").admitted
    limiter.change(query=5)
    assert limiter.admit("a", "query").remaining == 3


def test_a_reset_brings_back_the_configured_limits_and_forgets_every_count(limiter):
    limiter.admit("a", "query")
    limiter.change(query=9, command=9, enabled=False)
    limiter.reset()
    assert limiter.to_json() == {"query": 2, "command": 1, "admin": 1, "windowSeconds": 60, "enabled": True}
    assert limiter.admit("a", "query").remaining == 1


def test_a_faster_clock_shortens_the_real_wait():
    clock = SystemClock(speed=20)
    limiter = RateLimiter(clock, RateLimits(query=0))
    refused = limiter.admit("a", "query")
    assert refused.wait_s == 3
    assert refused.reset_epoch_s - clock.now_ms() / 1000 < 5


def test_windows_of_clients_that_left_make_room():
    clock = ManualClock()
    limiter = RateLimiter(clock, RateLimits(query=1))
    limiter.admit("first", "query")
    clock.tick(30)
    for number in range(WINDOWS_LIMIT - 1):
        limiter.admit(f"client-{number}", "query")
    clock.tick(30)
    limiter.admit("late", "query")
    assert not limiter.admit("client-0", "query").admitted, "a window that still runs is kept"
    assert limiter.admit("first", "query").admitted


@pytest.mark.spec("RATE-ADMIN", "RATE-COMMAND", "RATE-QUERY")
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", THINGS, ("query", True)),
        ("HEAD", THINGS, ("query", True)),
        ("POST", THINGS, ("command", True)),
        ("PUT", THINGS, ("command", True)),
        ("PATCH", THINGS, ("command", True)),
        ("DELETE", THINGS, ("command", True)),
        ("GET", "/api/v1/admin/rate-limits", ("admin", True)),
        ("POST", "/actuator/circuitbreakers/capsule", ("admin", True)),
        ("GET", "/actuator/health", ("admin", False)),
    ],
)
def test_a_requests_class_follows_from_method_and_path(method, path, expected):
    assert limit_class(method, path) == expected


async def test_reads_of_the_actuator_are_never_refused(client):
    client.app[RATE_LIMITER].change(admin=0, query=0)
    answer = await client.get("/actuator/health")
    assert answer.status == 200
    assert answer.headers["X-RateLimit-Limit"] == "0"


async def test_a_client_is_its_credential_else_its_tenant_else_its_address(client):
    client.app[RATE_LIMITER].change(query=1)
    key = {"X-API-Key": f"butterfly_dev_{'k' * 32}"}
    for headers in ({}, {"X-Tenant-ID": "a"}, {"X-Tenant-ID": "b"}, key, {**key, "X-Tenant-ID": "c"}):
        await client.get(THINGS, headers=headers)
    statuses = [(await client.get(THINGS, headers=headers)).status for headers in ({}, {"X-Tenant-ID": "a"}, key)]
    assert statuses == [429, 429, 429]
    assert (await client.get(THINGS, headers={"X-Tenant-ID": "c"})).status == 200


async def test_the_services_calls_to_each_other_are_not_counted(client):
    client.app[RATE_LIMITER].change(query=0)
    answer = await client.get(THINGS, headers={"X-API-Key": HttpSettings().service_key})
    assert answer.status == 200
    assert "X-RateLimit-Limit" not in answer.headers


async def test_limits_are_off_by_a_flag(serve, echo):
    client = await serve([Route("GET", THINGS, echo)], rate_limits=False)
    client.app[RATE_LIMITER].change(query=0)
    answer = await client.get(THINGS)
    assert answer.status == 200
    assert "X-RateLimit-Limit" not in answer.headers


async def test_limits_are_seen_and_changed_over_rest(client):
    path = "/api/v1/admin/rate-limits"
    changed = await (await client.put(path, json={"query": 3, "command": None})).json()
    assert changed["data"] == {"query": 3, "command": 100, "admin": 100, "windowSeconds": 60, "enabled": True}
    assert shown(await client.get(THINGS))[:2] == (3, 2)
    await client.put(path, json={"enabled": False})
    assert "X-RateLimit-Limit" not in (await client.get(THINGS)).headers
    assert (await client.put(path, json={"query": -1})).status == 400


def test_the_profile_per_service_knows_the_services_own_limits():
    assert RateLimits.of("odyssey") == RateLimits(1000, 100, 100)
    assert RateLimits.of("odyssey", "per-service") == RateLimits(500, 50, 100)
    assert RateLimits.of("plato", "per-service") == RateLimits(500, 100, 100)
    assert RateLimits.of("capsule", "per-service") == RateLimits(1000, 100, 100)
