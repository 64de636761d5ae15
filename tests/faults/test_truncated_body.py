"""On the wire: a body that ends before its time."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from tests.faults.wire import Wire


async def test_less_comes_than_content_length_says(wire: Wire) -> None:
    whole = await wire.hear()
    wire.fault("truncated-body")
    heard = await wire.hear()
    assert (heard.status, heard.end) == (200, "closed")
    promised = int(heard.header("Content-Length") or 0)
    assert promised == len(whole.body) and len(heard.body) == promised // 2
    assert heard.body[:60] == whole.body[:60]
    assert heard.header("X-Request-ID") and heard.header("Content-Type") == "application/json"


async def test_a_chunk_breaks_off_in_the_middle(wire: Wire) -> None:
    whole = json.loads((await wire.hear()).body)
    wire.fault("truncated-body", chunked=True)
    heard = await wire.hear()
    assert (heard.header("Transfer-Encoding"), heard.header("Content-Length")) == ("chunked", None)
    size, _, rest = heard.body.partition(b"\r\n")
    good, rest = rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    size, _, part = rest.partition(b"\r\n")
    assert int(size, 16) > len(part) > 0
    assert heard.end == "closed" and (good + part).startswith(b'{"data":[{"id":"thing-0"}') and whole["data"]


async def test_the_place_of_the_cut_can_be_chosen(wire: Wire) -> None:
    applied = wire.fault("truncated-body", after_bytes=0)
    heard = await wire.hear()
    assert heard.status == 200 and heard.body == b"" and int(heard.header("Content-Length") or 0) > 100
    applied.remove()
    wire.fault("truncated-body", after_bytes=1_000_000)
    json.loads((await wire.hear()).body)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_client_library_notices(wire: Wire, chunked: bool) -> None:
    wire.fault("truncated-body", chunked=chunked)
    async with asyncio.timeout(10), aiohttp.ClientSession() as http:
        answer = await http.get(f"http://127.0.0.1:{wire.port}/api/v1/things")
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_an_old_client_that_knows_no_chunks_gets_none(wire: Wire) -> None:
    wire.fault("truncated-body", chunked=True)
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(b"GET /api/v1/things HTTP/1.0\r\n\r\n")
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 ") and b"chunked" not in head and body.startswith(b'{"data":')
    writer.close()


async def test_what_has_no_body_stays_whole(wire: Wire) -> None:
    wire.fault("truncated-body")
    heard = await wire.hear(method="HEAD")
    assert (heard.status, heard.body, heard.end) == (200, b"", "closed")


async def test_the_registrys_answers_are_cut_alike(registry: Wire) -> None:
    registry.fault("truncated-body")
    heard = await registry.hear("/config")
    assert len(heard.body) == int(heard.header("Content-Length") or 0) // 2 > 0
