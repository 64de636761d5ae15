"""On the wire: the connection is closed without a byte."""

from __future__ import annotations

import pytest

from tests.faults.wire import Wire


@pytest.mark.parametrize(("method", "body"), [("GET", ""), ("POST", '{"a": 1}')])
async def test_the_connection_is_closed_in_good_order_without_a_byte(wire: Wire, method: str, body: str) -> None:
    applied = wire.fault("empty-response")
    heard = await wire.hear(method=method, body=body)
    assert (heard.data, heard.end) == (b"", "closed")
    assert (applied.hits, wire.asked) == (1, [])


async def test_the_registry_does_alike(registry: Wire) -> None:
    registry.fault("empty-response")
    heard = await registry.hear("/subjects")
    assert (heard.data, heard.end) == (b"", "closed")
