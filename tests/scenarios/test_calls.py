"""Real HTTP and WebSocket against a server on this machine."""

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.scenarios.calls import BODY_LIMIT_BYTES, open_calls


async def echo(request: web.Request) -> web.Response:
    body = (await request.read()).decode()
    return web.json_response({"method": request.method, "headers": dict(request.headers), "body": body}, status=201)


async def redirect(request: web.Request) -> web.Response:
    raise web.HTTPFound("/echo")


async def large(request: web.Request) -> web.Response:
    return web.Response(body=b"x" * (BODY_LIMIT_BYTES + 10))


async def cut_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.abort()
    return response


async def stream(request: web.Request) -> web.WebSocketResponse:
    connection = web.WebSocketResponse()
    await connection.prepare(request)
    await connection.send_str(json.dumps({"type": "HELLO", "tenant": request.headers.get("X-Tenant-ID")}))
    async for message in connection:
        await connection.send_bytes(message.data.encode())
        await connection.close(code=4001, message=b"enough")
    return connection


async def vanish(request: web.Request) -> web.WebSocketResponse:
    connection = web.WebSocketResponse()
    await connection.prepare(request)
    assert request.transport is not None
    request.transport.abort()
    return connection


@pytest.fixture
async def server() -> AsyncIterator[str]:
    app = web.Application()
    for path, handler in {
        "/echo": echo, "/redirect": redirect, "/large": large, "/cut": cut_off, "/ws": stream, "/vanish": vanish
    }.items():  # fmt: skip
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    yield f"127.0.0.1:{port}"
    await runner.cleanup()


async def test_a_call_brings_back_status_headers_and_body(server: str) -> None:
    async with open_calls() as calls:
        answer = await calls.request("POST", f"http://{server}/echo", {"X-Request-ID": "r"}, b"hello", 5)
    said = json.loads(answer.body)
    assert (answer.status, said["method"], said["body"]) == (201, "POST", "hello")
    assert said["headers"]["X-Request-ID"] == "r" and answer.headers["Content-Type"].startswith("application/json")
    assert answer.took_ms > 0 and not answer.truncated


async def test_a_redirect_is_an_answer(server: str) -> None:
    async with open_calls() as calls:
        answer = await calls.request("GET", f"http://{server}/redirect", {}, None, 5)
    assert (answer.status, answer.headers["Location"]) == (302, "/echo")


async def test_head_has_no_body(server: str) -> None:
    async with open_calls() as calls:
        assert (await calls.request("HEAD", f"http://{server}/echo", {}, None, 5)).body == b""


async def test_a_body_is_read_up_to_a_limit(server: str) -> None:
    async with open_calls() as calls:
        answer = await calls.request("GET", f"http://{server}/large", {}, None, 5)
    assert answer.truncated and len(answer.body) == BODY_LIMIT_BYTES


async def test_no_whole_answer_is_no_answer(server: str) -> None:
    async with open_calls() as calls:
        with pytest.raises(UpstreamUnavailable):
            await calls.request("GET", f"http://{server}/cut", {}, None, 5)


async def test_nobody_there_is_told_as_such() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        async with open_calls() as calls:
            with pytest.raises(UpstreamUnavailable, match="no answer") as caught:
                await calls.request("GET", url, {}, None, 5)
            assert caught.value.where == url
            with pytest.raises(UpstreamUnavailable, match="no answer"):
                async with calls.connect(url.replace("http", "ws"), {}):
                    pass


async def test_an_answer_that_does_not_come_ends_at_the_limit() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        async with open_calls() as calls:
            with pytest.raises(UpstreamUnavailable, match=r"no answer in 0.05 s"):
                await calls.request("GET", f"http://127.0.0.1:{silent.getsockname()[1]}/", {}, None, 0.05)


@pytest.mark.parametrize("url", ["nonsense", "foo://127.0.0.1/", "http://", "ws://"])
async def test_what_is_no_address_is_a_mistake_of_the_scenario(url: str) -> None:
    async with open_calls() as calls:
        with pytest.raises(UsageError, match="cannot call"):
            await calls.request("GET", url, {}, None, 1)
        with pytest.raises(UsageError, match="cannot connect"):
            async with calls.connect(url, {}):
                pass


async def test_a_header_that_cannot_be_sent_is_a_mistake_of_the_scenario(server: str) -> None:
    async with open_calls() as calls:
        with pytest.raises(UsageError, match="cannot call"):
            await calls.request("GET", f"http://{server}/echo", {"A": "b\nc"}, None, 1)


async def test_messages_come_and_go_until_the_close_which_is_one_too(server: str) -> None:
    async with open_calls() as calls, calls.connect(f"ws://{server}/ws", {"X-Tenant-ID": "t"}) as connection:
        assert json.loads((await connection.receive()).text or "") == {"type": "HELLO", "tenant": "t"}
        await connection.send("ping")
        assert (await connection.receive()).text == "ping"
        for _ in range(2):
            closed = await connection.receive()
            assert (closed.text, closed.closed) == (None, 4001)


async def test_a_connection_that_breaks_off_has_the_code_for_it(server: str) -> None:
    async with open_calls() as calls, calls.connect(f"ws://{server}/vanish", {}) as connection:
        assert (await connection.receive()).closed == 1006


async def test_a_handshake_that_is_refused_says_how_it_was_answered(server: str) -> None:
    async with open_calls() as calls:
        with pytest.raises(UpstreamUnavailable, match="the handshake was answered 201"):
            async with calls.connect(f"ws://{server}/echo", {}):
                pass


async def test_connections_are_closed_in_the_end(server: str) -> None:
    async with open_calls() as calls:
        await calls.request("GET", f"http://{server}/echo", {}, None, 5)
        session: Any = calls._session
    assert isinstance(session, aiohttp.ClientSession) and session.closed
