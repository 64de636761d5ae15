"""Link 1 end to end: an outbox, the wire, the server, the journal."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from sandbox.clock import SystemClock
from sandbox.control.facts_client import FactsClient
from sandbox.control.server import control_app
from sandbox.errors import UsageError
from sandbox.events.facts import RequestServed
from sandbox.observe.outbox import Outbox


def served(number: int) -> RequestServed:
    return RequestServed(
        at_ms=number, source="capsule", method="GET", route="/", path="/", status=200, took_ms=1.0, tenant="ä\ud800"
    )


async def test_facts_reach_the_journal_once_and_in_order(server, engine, token) -> None:
    async with FactsClient(str(server.make_url("")), token) as send:
        outbox = Outbox("services", send, SystemClock(), pace_s=0.001)
        task = asyncio.create_task(outbox.run())
        for number in range(2_000):
            outbox.record(served(number))
            if number % 100 == 0:
                await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await engine.journal.wait_beyond(1_999)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    page = engine.journal.read(limit=5_000)
    assert [entry.data["at_ms"] for entry in page.entries] == list(range(2_000))
    assert page.entries[0].fact() == served(0)


async def test_an_engine_that_comes_late_gets_everything(engine, token) -> None:
    port = unused_port()
    async with FactsClient(f"http://127.0.0.1:{port}", token) as send:
        outbox = Outbox("services", send, SystemClock())
        outbox.record(served(1))
        assert not await outbox.flush()
        async with TestServer(control_app(engine, token), port=port):
            assert await outbox.flush()
    assert engine.journal.last == 1


async def test_a_wrong_token_keeps_facts_waiting(server, engine) -> None:
    async with FactsClient(str(server.make_url("")), "wrong") as send:
        outbox = Outbox("services", send, SystemClock())
        outbox.record(served(1))
        assert not await outbox.flush()
        assert (outbox.pending, engine.journal.last) == (1, 0)


async def test_a_refused_batch_is_told_apart_from_an_engine_that_is_away(server, token) -> None:
    async with FactsClient(str(server.make_url("")), token) as send:
        with pytest.raises(UsageError):
            await send(b'{"instance": "services"}')


@pytest.mark.parametrize("text", ["<html>", "[]", '{"next": "x"}'])
async def test_a_stranger_on_the_port_counts_as_away(text) -> None:
    async def stranger(_: web.Request) -> web.Response:
        return web.Response(text=text)

    app = web.Application()
    app.router.add_post("/v1/facts", stranger)
    async with TestServer(app) as server, FactsClient(str(server.make_url("")), "t") as send:
        assert await send(b"{}") is None
