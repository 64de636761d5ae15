"""On the wire: good headers, and a body that is no JSON."""

from __future__ import annotations

import json

import pytest

from sandbox.faults.malformed_body import _broken
from tests.faults.wire import Wire


async def test_the_headers_are_right_and_the_json_is_broken(wire: Wire) -> None:
    wire.fault("malformed-body")
    heard = await wire.hear()
    assert (heard.status, heard.header("Content-Type")) == (200, "application/json")
    assert int(heard.header("Content-Length") or 0) == len(heard.body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(heard.body)


async def test_the_connection_stays_and_the_next_answer_is_good(wire: Wire) -> None:
    wire.fault("malformed-body", first=1)
    request, writer, reader = await wire.ask("/api/v1/things")
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    await reader.readexactly(length)
    writer.write(request)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_the_body_can_be_given(wire: Wire) -> None:
    wire.fault("malformed-body", text="<html>Bad gateway</html>")
    assert (await wire.hear()).body == b"<html>Bad gateway</html>"


@pytest.mark.parametrize("body", [b"12", b"5", b'"ab"', b"[]", b"[1,2]", b"null", b'{"a":{"b":"c"}}', b'{"a":"x{y"}'])
def test_no_json_survives_it(body: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(_broken(body))
