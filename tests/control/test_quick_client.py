from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading

import pytest
from aiohttp.test_utils import unused_port

from sandbox.control.quick_client import QuickClient
from sandbox.errors import AccessDenied, NotRunning, UnknownName, UsageError


@pytest.fixture
def quick(server, token) -> QuickClient:
    return QuickClient(str(server.make_url("")), token)


@pytest.fixture
def speaking():
    """A port where somebody answers every connection with these bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer: bytes) -> str:
        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    listener.close()


async def test_it_asks_and_answers_json(quick, engine) -> None:
    assert (await asyncio.to_thread(quick.get, "/v1/status"))["name"] == "demo"
    assert (await asyncio.to_thread(quick.post, "/v1/components/kafka/kill"))["state"] == "stopped"
    assert await asyncio.to_thread(quick.post, "/v1/scenarios/runs", {"name": "ü"}) == {"run": "run_1"}
    assert (await asyncio.to_thread(quick.delete, "/v1/scenarios/runs/run_1"))["state"] == "stopped"
    assert engine.asked == [("kill", "kafka"), ("run", {"name": "ü"})]


async def test_refusals_are_raised_with_their_hints(quick, server) -> None:
    with pytest.raises(UnknownName) as raised:
        await asyncio.to_thread(quick.post, "/v1/components/zookeeper/start")
    assert (raised.value.exit_code, raised.value.hint) == (2, "choose from kafka")
    with pytest.raises(UsageError):
        await asyncio.to_thread(quick.put, "/v1/status", {})
    with pytest.raises(AccessDenied, match="token"):
        await asyncio.to_thread(QuickClient(quick.url, "wrong").get, "/v1/status")


def test_nothing_there_is_not_running() -> None:
    with pytest.raises(NotRunning) as raised:
        QuickClient(f"http://127.0.0.1:{unused_port()}", "t").get("/v1/status")
    assert raised.value.exit_code == 3
    assert "sandbox up" in raised.value.hint


def test_silence_ends_at_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NotRunning, match=r"within 0\.05 s"):
            QuickClient(url, "t", timeout_s=0.05).get("/v1/status")


@pytest.mark.parametrize(
    "answer",
    [b"+OK nothing of HTTP\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", b""],
    ids=["another protocol", "a web page", "hung up"],
)
def test_a_stranger_is_not_running(speaking, answer) -> None:
    with pytest.raises(NotRunning):
        QuickClient(speaking(answer), "t").get("/v1/status")


@pytest.mark.parametrize("status", [b"502 Bad Gateway", b"404 Not Found"])
def test_an_error_without_a_reason_is_an_error(speaking, status) -> None:
    with pytest.raises(Exception, match="without saying why"):
        QuickClient(speaking(b"HTTP/1.1 " + status + b"\r\nContent-Length: 4\r\n\r\nnope"), "t").get("/v1/status")


@pytest.mark.parametrize("url", ["", "localhost:8099", "https://localhost", "http://", "http://localhost:port"])
def test_a_url_that_is_none_is_refused(url) -> None:
    with pytest.raises(UsageError):
        QuickClient(url, "t")


def test_it_needs_the_standard_library_only() -> None:
    script = "import sys, sandbox.control.quick_client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "http" in loaded
    assert loaded.isdisjoint({"aiohttp", "pydantic", "yaml", "fastavro", "asyncio", "requests"})
