import asyncio
import io
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import SystemClock
from sandbox.registry.memory_log import MemoryLog
from sandbox.registry.service import RegistryService


class Facts:
    """Keeps what is recorded."""

    def __init__(self):
        self.all = []

    def record(self, fact):
        self.all.append(fact)

    def of(self, kind):
        return [fact for fact in self.all if fact.kind == kind]


class Api:
    """Calls a registry and gives status and JSON."""

    def __init__(self, client):
        self.client = client

    async def call(self, method, path, body=None, **options):
        if body is not None:
            options.setdefault("data", io.BytesIO(json.dumps(body).encode()))
            options.setdefault("headers", {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        async with self.client.request(method, path, **options) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def get(self, path, **options):
        return await self.call("GET", path, **options)

    async def post(self, path, body, **options):
        return await self.call("POST", path, body, **options)

    async def put(self, path, body, **options):
        return await self.call("PUT", path, body, **options)

    async def delete(self, path, **options):
        return await self.call("DELETE", path, **options)

    async def register(self, subject, schema, **members):
        """Registers a schema (a Python value or a text) and gives its id."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        status, answer = await self.post(f"/subjects/{subject}/versions", {"schema": text, **members})
        assert status == 200, answer
        return answer["id"]


def record(name="R", *fields, **members):
    """An Avro record with fields given as `name:type` or as objects."""
    written = [
        each if isinstance(each, dict) else dict(zip(("name", "type"), each.split(":"), strict=True)) for each in fields
    ]
    return {"type": "record", "name": name, "fields": written, **members}


@pytest.fixture(name="record")
def record_fixture():
    return record


@pytest.fixture
def facts():
    return Facts()


@pytest.fixture
def log():
    return MemoryLog(now_ms=lambda: 1_733_220_000_000)


@pytest.fixture
async def start(log, facts):
    """Starts a registry (on the shared log unless told) and gives its API; all are stopped at the end."""
    clients = []

    async def start_one(on=None, seed=0, **options):
        service = RegistryService(on or log, facts, SystemClock(), rng=random.Random(seed), **options)
        await service.start()
        client = TestClient(TestServer(service.application()))
        await client.start_server()
        clients.append((client, service))
        api = Api(client)
        api.service = service
        return api

    yield start_one
    for client, service in clients:
        await client.close()
        await service.stop()


@pytest.fixture
async def api(start):
    return await start()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Gives the class path of Java sources in a folder, compiled with jars by their Maven coordinates."""

    def compile_with(sources, coordinates):
        from jgo.maven import MavenContext
        from platformdirs import user_cache_path

        cache = Path(os.environ.get("SANDBOX_CACHE_DIR") or user_cache_path("butterfly-sandbox")) / "test-jars"
        maven = MavenContext(repo_cache=cache)
        jars = [
            str(maven.project(group, name).at_version(version).artifact().resolve())
            for group, name, version in coordinates
        ]
        classes = tmp_path_factory.mktemp("classes")
        compiler = shutil.which("javac")
        assert compiler, "the java tests need a JDK: javac is not on the PATH"
        path, files = os.pathsep.join(jars), map(str, sources.glob("*.java"))
        command = [compiler, "-nowarn", "-encoding", "UTF-8", "-cp", path, "-d", str(classes), *files]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return os.pathsep.join([*jars, str(classes)])

    return compile_with


@pytest.fixture
def java():
    """Runs a compiled main class and gives the lines that it printed."""

    async def run(classpath, main, *arguments, told=""):
        process = await asyncio.create_subprocess_exec(
            "java", "-Dstdout.encoding=UTF-8", "-cp", classpath, main, *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, error = await asyncio.wait_for(process.communicate(told.encode()), 100)
        assert process.returncode == 0, error.decode()
        return out.decode().splitlines()

    return run
