"""On the wire: headers at once, then the body bit by bit."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import UsageError
from tests.faults.wire import Wire, a_service


async def test_the_body_comes_in_pieces_over_the_time(facts: Any) -> None:
    clock = ManualClock()
    async with a_service(facts, clock) as wire, asyncio.timeout(20):
        wire.fault("slow-body", over="10s", pieces=5)
        _, writer, reader = await wire.ask("/api/v1/things", "Connection: close")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ") and b"X-RateLimit-Limit: " in head and b"X-Request-ID: " in head
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        size, came = -(-length // 5), []
        for _ in range(5):
            await clock.advance(2)
            came.append(await reader.read(65_536))
        assert [len(each) for each in came] == [size] * 4 + [length - 4 * size]
        assert await reader.read() == b"" and len(json.loads(b"".join(came))["data"]) == 20
        writer.close()


async def test_the_rest_comes_at_once_when_it_is_removed(wire: Wire) -> None:
    applied = wire.fault("slow-body", over="1h")
    hearing = asyncio.create_task(wire.hear())
    async with asyncio.timeout(10):
        while not applied.hits:
            await asyncio.sleep(0.001)
        applied.remove()
        assert len(json.loads((await hearing).body)["data"]) == 20


async def test_a_client_that_leaves_ends_it(wire: Wire, facts: Any) -> None:
    wire.fault("slow-body", over="1s", pieces=50)
    _, writer, reader = await wire.ask("/api/v1/things")
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        while not [each for each in facts.kept if each.kind == "RequestServed"]:
            await asyncio.sleep(0.01)
    assert facts.kept[-1].status == 499 and facts.kept[-1].took_ms < 1_000


@pytest.mark.parametrize("over", ["0s", 5])
def test_it_needs_a_time(over: Any, apply: Any) -> None:
    with pytest.raises(UsageError) as caught:
        apply("slow-body", over=over)
    assert caught.value.where == "over"
