"""On the wire: the connection breaks off."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.faults.wire import Wire


async def test_the_connection_is_reset_without_a_byte(wire: Wire) -> None:
    applied = wire.fault("reset")
    heard = await wire.hear()
    assert (heard.data, heard.end) == (b"", "reset")
    assert (applied.hits, wire.asked) == (1, [])
    applied.remove()
    assert (await wire.hear()).status == 200


async def test_a_request_with_a_body_is_reset_too(wire: Wire) -> None:
    wire.fault("reset", method="POST")
    heard = await wire.hear(method="POST", body='{"a": 1}')
    assert (heard.data, heard.end) == (b"", "reset")
    assert (await wire.hear()).status == 200


async def test_a_client_library_reports_a_reset(wire: Wire) -> None:
    wire.fault("reset")
    async with aiohttp.ClientSession() as http, asyncio.timeout(10):
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.post(f"http://127.0.0.1:{wire.port}/api/v1/things", json={})


async def test_the_request_is_told_of_as_one_without_an_answer(wire: Wire, facts) -> None:
    wire.fault("reset")
    await wire.hear()
    served = [each for each in facts.kept if each.kind == "RequestServed"]
    assert [each.status for each in served] == [444]


async def test_the_registry_is_reset_alike(registry: Wire) -> None:
    registry.fault("reset")
    heard = await registry.hear("/subjects")
    assert (heard.data, heard.end) == (b"", "reset")
