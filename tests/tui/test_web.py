"""The user interface in a browser: who gets in, and that nothing comes from elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from sandbox.tui.web import WebServer, page_command

APP = (
    "import os, sys; pid = b'%08d' % os.getpid(); "
    "sys.stdout.buffer.write(b'__GANGLION__\\nD' + (8).to_bytes(4, 'big') + pid); "
    "sys.stdout.flush(); sys.stdin.buffer.read(1)"
)


@pytest.fixture
async def server() -> AsyncIterator[tuple[WebServer, TestClient]]:
    found = WebServer(f'{sys.executable} -c "{APP}"', 0, "sandbox t")
    async with TestClient(TestServer(await found._make_app())) as client:
        yield found, client


async def test_without_the_token_nothing_is_shown(server: tuple[WebServer, TestClient]) -> None:
    _, client = server
    for path in ("/", "/ws", "/static/js/textual.js", "/?token=wrong"):
        assert (await client.get(path)).status == 403


async def test_the_token_opens_the_page_and_a_cookie_the_rest(server: tuple[WebServer, TestClient]) -> None:
    found, client = server
    page = await client.get("/", params={"token": found.token})
    assert page.status == 200 and page.cookies["sandbox-tui-0"]["httponly"]
    assert (await client.get("/static/js/textual.js")).status == 200


async def test_nothing_is_loaded_from_elsewhere(server: tuple[WebServer, TestClient]) -> None:
    found, client = server
    page = await client.get("/", params={"token": found.token})
    text = await page.text()
    assert "googleapis" not in text and "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert f"ws://{client.host}:{client.port}/ws" in text


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}]
)
async def test_other_hosts_and_origins_are_refused(
    server: tuple[WebServer, TestClient], headers: dict[str, str]
) -> None:
    found, client = server
    assert (await client.get("/", params={"token": found.token}, headers=headers)).status == 403


async def test_each_page_has_a_process_of_its_own_that_ends_with_it(server: tuple[WebServer, TestClient]) -> None:
    found, client = server
    await client.get("/", params={"token": found.token})
    async with client.ws_connect("/ws") as socket:
        message = await socket.receive(timeout=20)
        assert message.type is WSMsgType.BINARY
        pid = int(message.data)
        os.kill(pid, 0)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            break
        await asyncio.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_page_runs_the_same_command_with_this_python() -> None:
    assert page_command(["--page", "logs"]) == f"{sys.executable} -m sandbox tui --page logs"
