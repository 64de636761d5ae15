"""PLATO on a clock that stands still, with a publisher that keeps what it is given."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import ManualClock
from sandbox.contracts.delivery import Published
from sandbox.errors import UpstreamUnavailable
from sandbox.services.plato.service import PlatoService
from sandbox.services.ports import ServiceContext


class KeptFacts:
    def __init__(self):
        self.all = []

    def record(self, fact):
        self.all.append(fact)

    def of(self, kind):
        return [fact for fact in self.all if fact.kind == kind]


class KeptRecords:
    """Publishes into a list; `away` makes the broker unreachable."""

    def __init__(self):
        self.all = []
        self.away = False

    async def publish(self, topic, value, *, key, trace, headers=()):
        await asyncio.sleep(0)
        if self.away:
            raise UpstreamUnavailable("Kafka is away")
        self.all.append(SimpleNamespace(topic=topic, value=dict(value), key=key, trace=trace))
        return Published(topic, 0, len(self.all) - 1)

    def on(self, topic):
        return [record for record in self.all if record.topic == topic]


class Plato:
    """A running PLATO, its HTTP client and the world around it."""

    def __init__(self, context):
        self.context = context
        self.clock, self.facts, self.records = context.clock, context.facts, context.publisher
        self.service = PlatoService(context)

    async def start(self):
        await self.service.start()
        self.http = TestClient(TestServer(self.service.application()))
        await self.http.start_server()

    async def stop(self):
        await self.http.close()
        await self.service.stop()

    async def call(self, method, path, **options):
        async with self.http.request(method, path, **options) as response:
            return response.status, await response.json()

    async def plan(self, **body):
        status, answer = await self.call("POST", "/api/v1/plans", json={"name": "A plan", **body})
        assert status == 201, answer
        return answer["data"]["planId"]

    async def read(self, socket, until=("PLAN_COMPLETED", "PLAN_FAILED")):
        """Messages of one run, moving time on as long as none comes."""
        messages = []
        while not messages or messages[-1]["type"] not in until:
            messages.append(await self.next(socket))
        return messages

    async def next(self, socket):
        receiving = asyncio.ensure_future(socket.receive_json())
        async with asyncio.timeout(10):
            while not receiving.done():
                await self.clock.advance(0.01)
                await asyncio.wait([receiving], timeout=0.001)
        return receiving.result()

    async def settle(self, done: Callable[[], bool]):
        """Move time on until `done`."""
        async with asyncio.timeout(10):
            while not done():
                await self.clock.advance(0.02)
                await asyncio.sleep(0)

    async def finished(self, plan_id, tenant="default"):
        store = self.service._store
        await self.settle(lambda: store.plan(tenant, plan_id).completed_at_ms is not None)
        return store.plan(tenant, plan_id)


@pytest.fixture
def context(tmp_path):
    urls = {"capsule": "http://localhost:8083", "plato": "http://localhost:8080"}
    return ServiceContext(
        clock=ManualClock(), facts=KeptFacts(), publisher=KeptRecords(), urls=urls, state_dir=tmp_path / "state"
    )


@pytest.fixture
async def plato(context):
    running = Plato(context)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def new_plato(context):
    """Another PLATO process on the same state folder; the test starts and stops it."""
    return lambda: Plato(context)
