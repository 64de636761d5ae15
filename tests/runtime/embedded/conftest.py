"""A small Maven repository to fetch from, and the real Kafka from the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from sandbox.config.folders import cache_dir
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.embedded.jars import fetch_jars, jars_folder
from sandbox.runtime.embedded.lock import Jar, JarLock
from sandbox.runtime.ports import free_port


class Repository:
    """A Maven repository of three small jars, in `folder` and at `url`, that counts what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[str] = Counter()
        self.broken_answers: Counter[str] = Counter()
        """How many times from now on a jar is cut off in the middle."""
        self.answer_after = threading.Event()
        self.answer_after.set()
        jars = []
        for name, size_bytes in (("alpha", 40_000), ("beta", 9_000), ("gamma", 100)):
            content = (name.encode() * size_bytes)[:size_bytes]
            jar = Jar("org.example", name, "1.0", hashlib.sha256(content).hexdigest(), size_bytes)
            path = folder / "org/example" / name / "1.0" / jar.file_name
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            jars.append(jar)
        self.lock = JarLock.of("0.0", tuple(jars))

    def path_of(self, name: str) -> Path:
        return self.folder / "org/example" / name / "1.0" / f"{name}-1.0.jar"

    def serve(self) -> ThreadingHTTPServer:
        handler = partial(_Handler, self, directory=str(self.folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{server.server_port}/"
        return server


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, repository: Repository, *args: object, **kwargs: object) -> None:
        self.repository = repository
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        self.repository.answer_after.wait(10)
        name = self.path.rpartition("/")[2]
        self.repository.asked[name] += 1
        if self.repository.broken_answers[name] > 0:
            self.repository.broken_answers[name] -= 1
            self.send_response(200)
            self.send_header("Content-Length", "40000")
            self.end_headers()
            self.wfile.write(b"half")
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path / "repository")
    server = repository.serve()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield repository
    repository.answer_after.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def wait_gone() -> Callable[[int, float], bool]:
    """`wait_gone(pid, limit_s)`: whether the process ended within the limit; an unreaped one has ended."""

    def wait_gone(pid: int, limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while not _gone(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        return _gone(pid)

    return wait_gone


@pytest.fixture(scope="session")
def kafka_cache() -> Path:
    """The user's cache folder with Kafka's jars in it, fetched now if they are not."""
    fetch_jars(cache_dir())
    return cache_dir()


@pytest.fixture
def own_cache(kafka_cache: Path, tmp_path: Path) -> Path:
    """A cache folder of the test's own, with the jars and without a start-up cache."""
    lock = JarLock.read()
    target = jars_folder(tmp_path / "cache", lock)
    shutil.copytree(jars_folder(kafka_cache, lock), target)
    return tmp_path / "cache"


Brokers = Callable[..., EmbeddedBroker]


@pytest.fixture
async def brokers(tmp_path: Path, kafka_cache: Path) -> AsyncIterator[Brokers]:
    """`brokers(**options)` makes a broker on a free port; all are ended with the test."""
    made = []

    def make(name: str = "kafka", **options: object) -> EmbeddedBroker:
        options = {"cache_dir": kafka_cache, "port": free_port(), "offline": True} | options
        made.append(EmbeddedBroker(tmp_path / name, **options))
        return made[-1]

    yield make
    for broker in made:
        broker.kill()
        if broker.exit_code is None and broker.pid:
            await broker.wait_exit()


@pytest.fixture
def answers() -> Callable[[EmbeddedBroker, float], bool]:
    """`answers(broker, limit_s)`: whether Kafka answers a request for its API versions in time."""

    def answers(broker: EmbeddedBroker, limit_s: float) -> bool:
        host, _, port = broker.bootstrap_servers.rpartition(":")
        request = struct.pack(">hhih", 18, 0, 7, -1)
        with socket.create_connection((host, int(port)), timeout=limit_s) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            try:
                return connection.recv(8)[4:] == struct.pack(">i", 7)
            except TimeoutError:
                return False

    return answers


@pytest.fixture
def script_environment() -> dict[str, str]:
    """The environment of a Python script that stands for an engine."""
    return {**os.environ, "PYTHONWARNINGS": "error"}
