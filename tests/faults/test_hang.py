"""Requests that are taken and never answered."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.clock import ManualClock
from tests.faults.wire import Heard, Wire, a_service


async def waits(wire: Wire, applied: Any) -> asyncio.Task[Heard]:
    """A request that hangs."""
    asking = asyncio.create_task(wire.hear())
    async with asyncio.timeout(10):
        while not applied.hits:
            await asyncio.sleep(0.001)
    return asking


async def test_what_hangs_is_served_the_instant_it_is_removed(wire: Wire) -> None:
    applied = wire.fault("hang")
    asking = await waits(wire, applied)
    assert not asking.done() and wire.asked == []
    applied.remove()
    heard = await asyncio.wait_for(asking, 10)
    assert (heard.status, wire.asked) == (200, ["GET"])


async def test_what_hangs_is_served_when_it_rests(facts: Any) -> None:
    clock = ManualClock()
    async with a_service(facts, clock) as wire:
        applied = wire.fault("hang", on_for="2s", off_for="3s")
        asking = await waits(wire, applied)
        await clock.advance(1.9)
        assert not asking.done() and wire.asked == []
        await clock.advance(0.1)
        assert (await asyncio.wait_for(asking, 10)).status == 200
        assert (await wire.hear()).status == 200 and applied.hits == 1


async def test_a_client_that_leaves_is_forgotten_and_not_served(wire: Wire, facts: Any) -> None:
    applied = wire.fault("hang")
    _, writer, _ = await wire.ask("/api/v1/things")
    async with asyncio.timeout(10):
        while not applied.hits:
            await asyncio.sleep(0.001)
        writer.close()
        while not [each for each in facts.kept if each.kind == "RequestServed"]:
            await asyncio.sleep(0.01)
    assert facts.kept[-1].status == 444
    applied.remove()
    assert (await wire.hear()).status == 200
    assert wire.asked == ["GET"], "only the second was served"


async def test_the_service_can_stop_while_requests_hang(facts: Any) -> None:
    async with a_service(facts) as wire:
        asking = await waits(wire, wire.fault("hang"))
    heard = await asyncio.wait_for(asking, 10)
    assert heard.data == b""


async def test_the_registry_hangs_alike(registry: Wire) -> None:
    applied = registry.fault("hang", first=1)
    asking = asyncio.create_task(registry.hear("/subjects"))
    async with asyncio.timeout(10):
        while not applied.hits:
            await asyncio.sleep(0.001)
    assert (await registry.hear("/subjects")).body == b"[]"
    assert not asking.done()
    applied.remove()
    assert (await asyncio.wait_for(asking, 10)).body == b"[]"
