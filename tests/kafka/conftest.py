"""One real broker for the session, names of its own for each test, and a tiny registry that answers as the real one."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sandbox.contracts.catalog import Contracts, Topic
from sandbox.contracts.names import Names
from sandbox.events.facts import Fact
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.registry_client import RegistryClient
from sandbox.kafka.serializer import AvroDeserializer, AvroSerializer, register_contracts
from sandbox.kafka.topics_admin import TopicsAdmin
from sandbox.kafka.values import TopicValues

_numbers = itertools.count(1)


class Facts:
    """Keeps the facts it is given."""

    def __init__(self) -> None:
        self.all: list[Fact] = []

    def record(self, fact: Fact) -> None:
        self.all.append(fact)

    def of(self, kind: str) -> list[Any]:
        return [fact for fact in self.all if fact.kind == kind]


class FakeRegistry:
    """Subjects and ids in memory, behind the four endpoints that serializers use."""

    def __init__(self) -> None:
        self.subjects: dict[str, list[int]] = {}
        self.schemas: dict[int, str] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.refusal: tuple[int, Any] | None = None
        self.delay_s = 0.0
        self.url = ""

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/subjects/{subject}/versions", self._register)
        app.router.add_post("/subjects/{subject}", self._lookup)
        app.router.add_get("/subjects/{subject}/versions/latest", self._latest)
        app.router.add_get("/schemas/ids/{id}", self._schema)
        app.middlewares.append(self._note)
        return app

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append((request.method, request.path, dict(request.headers)))
        await asyncio.sleep(self.delay_s)
        if self.refusal is not None:
            status, body = self.refusal
            return web.Response(status=status, text=body if isinstance(body, str) else json.dumps(body))
        return await handler(request)

    async def _register(self, request: web.Request) -> web.Response:
        text = (await request.json())["schema"]
        schema_id = next((each for each, known in self.schemas.items() if known == text), len(self.schemas) + 1)
        self.schemas[schema_id] = text
        ids = self.subjects.setdefault(request.match_info["subject"], [])
        if schema_id not in ids:
            ids.append(schema_id)
        return web.json_response({"id": schema_id})

    async def _lookup(self, request: web.Request) -> web.Response:
        text, subject = (await request.json())["schema"], request.match_info["subject"]
        for version, schema_id in enumerate(self.subjects.get(subject, []), start=1):
            if self.schemas[schema_id] == text:
                return web.json_response({"subject": subject, "version": version, "id": schema_id, "schema": text})
        return _unknown(40403, "Schema not found")

    async def _latest(self, request: web.Request) -> web.Response:
        subject = request.match_info["subject"]
        if subject not in self.subjects:
            return _unknown(40401, f"Subject '{subject}' not found.")
        schema_id = self.subjects[subject][-1]
        version = len(self.subjects[subject])
        return web.json_response(
            {"subject": subject, "version": version, "id": schema_id, "schema": self.schemas[schema_id]}
        )

    async def _schema(self, request: web.Request) -> web.Response:
        schema_id = int(request.match_info["id"])
        if schema_id not in self.schemas:
            return _unknown(40403, f"Schema {schema_id} not found")
        return web.json_response({"schema": self.schemas[schema_id]})


def _unknown(code: int, message: str) -> web.Response:
    return web.json_response({"error_code": code, "message": message}, status=404)


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
async def registry_server() -> AsyncIterator[FakeRegistry]:
    registry = FakeRegistry()
    runner = web.AppRunner(registry.application(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    registry.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield registry
    await runner.cleanup()


@pytest.fixture
async def registry(registry_server: FakeRegistry) -> AsyncIterator[RegistryClient]:
    async with RegistryClient(registry_server.url) as client:
        yield client


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    """Two Avro topics with dead letters, one without, one of JSON; fewer partitions than the real ones."""
    built_in = Contracts.load()
    topics = {
        name: Topic(known.name, known.key, known.format, min(known.partitions, 4), known.retention_ms, known.schema)
        for name, known in built_in.topics.items()
        if name.startswith(("rim.fast-path", "perception.events", "plato.plans", "audit.events"))
    }
    return Contracts(topics, built_in.schemas)


@pytest.fixture
async def values(registry: RegistryClient, contracts: Contracts, names: Names) -> TopicValues:
    """Encodes and decodes; the contracts' schemas are registered."""
    ids = await register_contracts(registry, contracts, names)
    return TopicValues(contracts, AvroSerializer(registry, contracts, names, ids=ids), AvroDeserializer(registry))


@pytest.fixture
def fast_path() -> dict[str, Any]:
    """A RimFastEvent that fits its contract."""
    return {
        "rim_node_id": "rim:entity:finance:EURUSD",
        "vector_timestamp": {"event_ts_ms": 1_733_220_000_000, "ingest_ts_ms": 1_733_220_000_005},
        "critical_metrics": {"spread": 0.5},
        "stress": 0.9,
        "status": "ALERT",
    }


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The real Kafka. A test that stops or kills it leaves it running again."""
    from platformdirs import user_cache_path

    from sandbox.runtime.embedded.broker import EmbeddedBroker, free_port

    cache = Path(os.environ.get("SANDBOX_CACHE_DIR") or user_cache_path("butterfly-sandbox"))
    broker = EmbeddedBroker(tmp_path_factory.mktemp("kafka"), cache_dir=cache, port=free_port())
    broker.start()
    asyncio.run(broker.wait_listening())
    yield broker
    asyncio.run(broker.stop())


@pytest.fixture
def names() -> Names:
    """A prefix of the test's own, so that tests share the broker and nothing else."""
    return Names(f"t{next(_numbers)}.")


@pytest.fixture
async def cluster(broker: Any, names: Names) -> Cluster:
    return Cluster(broker.bootstrap_servers, names)


@pytest.fixture
async def topics(cluster: Cluster, contracts: Contracts) -> AsyncIterator[TopicsAdmin]:
    """The contract topics exist; deleted after the test."""
    async with TopicsAdmin(cluster) as admin:
        await admin.create(contracts.topics.values())
        yield admin
        await admin.delete(list(contracts.topics))
