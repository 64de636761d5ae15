from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.ports import choose_ports


class FakeEngine:
    """A Docker engine as far as a few GETs go: path (without query) → what it answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"unix://{path}"
        self.answers: dict[str, Any] = {"/version": {"Version": "29.0"}}
        self.asked: list[str] = []


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeEngine]:
    fake = FakeEngine(tmp_path_factory.mktemp("engine") / "docker.sock")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.asked.append(self.path)
            found = fake.answers.get(self.path.partition("?")[0])
            body = json.dumps(found if found is not None else {"message": "no such thing"}).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "local"

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.ThreadingUnixStreamServer(str(fake.path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


@pytest.fixture
def make_plan(tmp_path: Path) -> Callable[..., EnginePlan]:
    def make(**changes: Any) -> EnginePlan:
        names = ("schema-registry", "capsule", "odyssey", "plato", "audit")
        given: dict[str, Any] = {
            "name": "shop", "runtime": "docker", "state_dir": str(tmp_path / "shop"), "cache_dir": str(tmp_path),
            "ports": choose_ports("20000", "shop"), "processes": {name: [name] for name in names},
            "docker_host": "unix:///docker.sock", "compose_command": ["docker", "compose"],
            "engine_hosts": ["172.17.0.1"], "engine_name": "host.docker.internal",
        }  # fmt: skip
        return EnginePlan(**{**given, **changes})

    return make
