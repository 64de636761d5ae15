"""The command line in this process, against a control API that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sandbox.cli.app import run

TOKEN = "t0ken"


@dataclass
class Control:
    """`answers` maps `METHOD path` to the JSON of an answer, or to (status, JSON); `asked` is what came."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    told = Control()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = f"{self.command} {self.path}"
            told.asked.append((asked, json.loads(body) if body else None))
            nothing = (404, {"error": {"code": "NOT_FOUND", "message": f"nothing at {asked}", "hint": None}})
            found = told.answers.get(asked, nothing)
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                found = (401, {"error": {"code": "UNAUTHORIZED", "message": "wrong token", "hint": None}})
            status, content = found if isinstance(found, tuple) else (200, found)
            sent = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("SANDBOX_CONTROL_URL", told.url)
    monkeypatch.setenv("SANDBOX_TOKEN", TOKEN)
    monkeypatch.setenv("SANDBOX_NAME", "desk")
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sandbox(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`done = sandbox("breaker", "list")`."""

    def command(*arguments: str) -> Done:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return command
