"""On the wire: the connection is closed without a byte."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.faults.wire import Wire, a_service


@pytest.mark.parametrize(("method", "body"), [("GET", ""), ("POST", '{"a": 1}')])
async def test_the_connection_is_closed_in_good_order_without_a_byte(wire: Wire, method: str, body: str) -> None:
    applied = wire.fault("empty-response")
    heard = await wire.hear(method=method, body=body)
    assert (heard.data, heard.end) == (b"", "closed")
    assert (applied.hits, wire.asked) == (1, [])


async def test_a_body_that_is_too_large_to_be_read_is_no_matter(facts: Any) -> None:
    async with a_service(facts, body_limit_bytes=1_000) as wire:
        wire.fault("empty-response")
        assert (await wire.hear(method="POST", body="x" * 2_000)).data == b""


async def test_a_client_that_never_sends_its_body_is_left(facts: Any) -> None:
    async with a_service(facts) as wire, asyncio.timeout(10):
        wire.fault("empty-response")
        _, writer, _ = await wire.ask("/api/v1/things", "Content-Length: 5", method="POST")
        writer.transport.abort()
        while not facts.kept or facts.kept[-1].kind != "RequestServed":
            await asyncio.sleep(0.01)
    assert facts.kept[-1].status == 444


async def test_the_registry_does_alike(registry: Wire) -> None:
    registry.fault("empty-response")
    heard = await registry.hear("/subjects")
    assert (heard.data, heard.end) == (b"", "closed")
