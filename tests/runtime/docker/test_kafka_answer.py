from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import unused_port

from sandbox.runtime.docker.kafka_answer import REQUEST, broker_answers


@asynccontextmanager
async def broker(answer: bytes) -> AsyncIterator[int]:
    """Says `answer` to a whole request, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(len(REQUEST)) == REQUEST
        writer.write(answer)
        writer.close()

    port = unused_port()
    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield port


def metadata(brokers: int) -> bytes:
    return (100).to_bytes(4, "big") + (7).to_bytes(4, "big") + brokers.to_bytes(4, "big")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(metadata(1), True), (metadata(3), True), (metadata(0), False), (b"", False), (metadata(1)[:7], False)],
)
async def test_only_a_broker_that_knows_of_a_live_one_counts(answer: bytes, expected: bool) -> None:
    async with broker(answer) as port:
        assert await broker_answers("127.0.0.1", port) is expected


async def test_nobody_there_is_no(unused_tcp_port_factory: Callable[[], int]) -> None:
    assert not await broker_answers("127.0.0.1", unused_tcp_port_factory())


def test_the_request_is_as_long_as_it_says() -> None:
    assert int.from_bytes(REQUEST[:4], "big") == len(REQUEST) - 4
