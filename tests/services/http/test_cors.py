"""Pages on this machine may call the services; others may not."""

from __future__ import annotations

import pytest

THINGS = "/api/v1/things"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-request-id"}


@pytest.mark.spec("REST-CLIENT-FACING")
@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080", "http://app.localhost"]
)
async def test_a_loopback_origin_may_read_the_answer_and_its_headers(client, origin):
    answer = await client.get(THINGS, headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Vary"] == "Origin"
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert all(name in exposed for name in ("X-RateLimit-Remaining", "X-Request-ID", "traceparent", "Retry-After"))


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "http://10.0.0.1", "null"])
async def test_a_foreign_origin_gets_no_cors_header(client, origin):
    answer = await client.get(THINGS, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = await client.options(THINGS, headers={"Origin": origin, **PREFLIGHT})
    assert answer.status == 405


async def test_a_preflight_is_answered_and_not_counted(client):
    answer = await client.options(THINGS, headers={"Origin": "http://localhost:3000", **PREFLIGHT})
    assert answer.status == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type,x-request-id"
    assert answer.headers["X-RateLimit-Remaining"] == "1000"
    assert answer.headers["X-Request-ID"]
    assert (await client.get(THINGS)).headers["X-RateLimit-Remaining"] == "999"


async def test_errors_are_readable_for_pages_too(client):
    answer = await client.get("/nowhere", headers={"Origin": "http://localhost:3000"})
    assert answer.status == 404
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
