"""A subscriber that does not read must cost nobody anything: it is caught up from the journal, or told what is gone."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from sandbox.events.facts import FactsLost
from sandbox.observe.journal import Journal


@pytest.fixture
def engine(make_engine):
    return make_engine(Journal(limit_bytes=2_000_000))


async def test_a_slow_subscriber_blocks_no_one_and_hears_of_its_gap(http, engine) -> None:
    journal = engine.journal
    async with http.ws_connect("/v1/stream?after=0", max_msg_size=0) as slow:
        slow._response.connection.transport.pause_reading()
        started = time.monotonic()
        for n in range(60):
            for _ in range(500):
                journal.append(FactsLost(at_ms=n, source="x" * 400, count=1))
            await asyncio.sleep(0)
        async with http.ws_connect(f"/v1/stream?after={journal.last - 1}") as quick:
            page = await quick.receive_json(timeout=5)
            assert page["facts"][0]["seq"] == journal.last == 30_000
        assert time.monotonic() - started < 20
        await asyncio.sleep(0.1)
        slow._response.connection.transport.resume_reading()
        position = gone = 0
        async with asyncio.timeout(20):
            while position < 30_000:
                page = await slow.receive_json()
                gone += page["gap"]
                if page["facts"]:
                    assert page["facts"][0]["seq"] == position + page["gap"] + 1
                position = page["next"]
        assert gone > 0


async def test_the_server_stops_while_subscribers_are_connected(server, http, engine) -> None:
    async with http.ws_connect("/v1/stream") as socket:
        await socket.receive_json(timeout=5)
        closing = asyncio.create_task(server.close())
        message = await socket.receive(timeout=5)
        assert message.data == 1001
        await asyncio.wait_for(closing, 5)
    with contextlib.suppress(OSError):
        await http.close()


async def test_a_subscriber_that_reads_nothing_does_not_hold_up_the_end(server, http, engine) -> None:
    async with http.ws_connect("/v1/stream?after=0", max_msg_size=0) as slow:
        slow._response.connection.transport.pause_reading()
        for n in range(30_000):
            engine.journal.append(FactsLost(at_ms=n, source="x" * 400, count=1))
            if n % 500 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        started = time.monotonic()
        await asyncio.wait_for(server.close(), 10)
        assert time.monotonic() - started < 5
        slow._response.connection.transport.abort()
    with contextlib.suppress(OSError):
        await http.close()
