"""The door: what comes while it is shut is refused, and who is inside then is shown out."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from sandbox.services.http import Exchange, Route
from sandbox.services.http.application import DOOR


async def test_requests_are_refused_while_it_is_shut(client: Any) -> None:
    door = client.app[DOOR]
    await door.shut()
    answer = await client.post("/api/v1/things")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert (await answer.json())["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert (await client.get("/actuator/health")).status == 200
    door.open()
    assert (await client.post("/api/v1/things")).status == 200


async def test_a_request_under_way_ends_where_it_stands(serve: Any) -> None:
    began, did = asyncio.Event(), []

    async def slow(exchange: Exchange) -> web.Response:
        began.set()
        await asyncio.Event().wait()
        did.append("something after the reset")
        return exchange.ok({})

    client = await serve([Route("POST", "/api/v1/slow", slow)])
    asking = asyncio.create_task(client.post("/api/v1/slow"))
    await began.wait()
    await client.app[DOOR].shut()
    answer = await asking
    assert (answer.status, did) == (503, [])
    client.app[DOOR].open()
    assert (await client.get("/api/v1/other")).status == 404, "the connection is as good as before"


async def test_shutting_waits_for_a_handler_that_cleans_up(serve: Any) -> None:
    began, did = asyncio.Event(), []

    async def careful(exchange: Exchange) -> web.Response:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            did.append("cleaned up")
        return exchange.ok({})

    client = await serve([Route("POST", "/api/v1/careful", careful)])
    asking = asyncio.create_task(client.post("/api/v1/careful"))
    await began.wait()
    await client.app[DOOR].shut()
    assert did == ["cleaned up"]
    assert (await asking).status == 503
