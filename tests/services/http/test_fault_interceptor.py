"""Faults of requests on a real socket."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault
from sandbox.services.http import INTERCEPTORS
from sandbox.services.http.fault_interceptor import FaultInterceptor

THINGS = "/api/v1/things"


@pytest.fixture
def fault(client, clock, facts):
    """Stands a fault before the service; `remove` it to take it away again."""

    def stand(kind, **parameters):
        applied = AppliedFault("f1", read_fault(kind, parameters), "capsule", clock, facts)
        client.app[INTERCEPTORS].append(FaultInterceptor(applied))
        return applied

    return stand


async def test_an_error_comes_in_the_services_own_form_with_its_ids(client, fault, facts):
    fault("http-status", status=503, retry_after=3)
    answer = await client.get(THINGS, headers={"X-Request-ID": "req-1"})
    body = await answer.json()
    assert (answer.status, answer.headers["Retry-After"], answer.headers["X-Request-ID"]) == (503, "3", "req-1")
    assert body["error"] == {
        "code": "SERVICE_UNAVAILABLE", "message": "Service temporarily unavailable", "retryAfter": 3,
    }  # fmt: skip
    assert body["meta"]["requestId"] == "req-1"
    assert facts.kept[-1].status == 503, "the request is told of like any other"


@pytest.mark.parametrize(("status", "code"), [(502, "INTERNAL_ERROR"), (418, "VALIDATION_ERROR"), (404, "NOT_FOUND")])
async def test_a_status_without_a_code_borrows_one(client, fault, status, code):
    fault("http-status", status=status, message="on purpose")
    answer = await client.get(THINGS)
    error = (await answer.json())["error"]
    assert (answer.status, error["code"], error["message"]) == (status, code, "on purpose")


async def test_only_requests_that_are_meant_are_struck(client, fault):
    applied = fault("http-status", status=500, path=f"{THINGS}/*", method="GET")
    assert (await client.get(THINGS)).status == 200
    assert (await client.post(THINGS, json={})).status == 200
    assert (await client.get(f"{THINGS}/t1")).status == 500
    assert applied.hits == 1


async def test_the_actuator_goes_on_unless_aimed_at(client, fault):
    everything = fault("http-status", status=503, path="/*")
    assert (await client.get("/actuator/health")).status == 200
    everything.remove()
    fault("http-status", status=503, path="/actuator/health")
    assert (await client.get("/actuator/health")).status == 503
    assert (await client.get(THINGS)).status == 200


async def test_latency_holds_a_request_up_until_its_time_or_its_removal(client, fault, clock):
    applied = fault("latency", ms=60_000)
    waiting = asyncio.create_task(client.get(THINGS))
    async with asyncio.timeout(5):
        while not applied.hits:
            await asyncio.sleep(0.001)
        assert not waiting.done()
        applied.remove()
        assert (await waiting).status == 200


async def test_a_browsers_page_sees_the_error(client, fault):
    applied = fault("http-status", status=503)
    origin = {"Origin": "http://localhost:3000"}
    preflight = {**origin, "Access-Control-Request-Method": "GET"}
    assert (await client.options(THINGS, headers=preflight)).status == 204
    answer = await client.get(THINGS, headers=origin)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (503, "http://localhost:3000")
    assert applied.hits == 1
    fault("http-status", status=503, method="OPTIONS")
    assert (await client.options(THINGS, headers=preflight)).status == 503
