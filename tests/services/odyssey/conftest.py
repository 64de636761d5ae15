"""ODYSSEY on a clock that stands still, between a CAPSULE and a PLATO that tests can break."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.clock import ManualClock
from sandbox.contracts.delivery import Delivery, Published
from sandbox.contracts.record import Record
from sandbox.contracts.tracing import TraceContext
from sandbox.errors import UpstreamUnavailable
from sandbox.services.odyssey.service import OdysseyService
from sandbox.services.ports import ServiceContext

EURUSD = "rim:entity:finance:EURUSD"
AT_MS = 1_733_220_000_000


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


class Peer:
    """A service that answers what a test tells it, and keeps the requests. `status` other than 200 is an error."""

    def __init__(self):
        self.requests = []
        self.status = 200
        self.hang = False
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}"

    def asked(self, method=None):
        return [request.path for request in self.requests if method in (None, request.method)]

    def reply(self, request):
        raise NotImplementedError

    async def _answer(self, request):
        body = await request.json() if request.can_read_body else None
        self.requests.append(
            SimpleNamespace(
                method=request.method, path=request.path, query=dict(request.query), headers=request.headers, body=body
            )
        )
        if self.hang:
            await asyncio.sleep(30)
        if self.status != 200:
            return web.json_response({"error": {"code": "X", "message": "told to fail"}}, status=self.status)
        status, data = self.reply(self.requests[-1])
        return web.json_response(data, status=status)


class FakeCapsule(Peer):
    def __init__(self):
        super().__init__()
        self.answer = {"data": [{"capsuleId": "cap_2"}, {"capsuleId": "cap_1"}], "meta": {}}

    def reply(self, request):
        return 200, self.answer


class FakePlato(Peer):
    def __init__(self):
        super().__init__()
        self.plans = {}
        self.executions = []

    def reply(self, request):
        *_, plan_id, action = request.path.split("/")
        if request.method == "POST" and action == "plans":
            plan_id = request.body["planId"]
            if plan_id in self.plans:
                return 409, {"error": {"code": "CONFLICT", "message": "exists"}}
            self.plans[plan_id] = "PENDING"
            return 201, {"data": {"planId": plan_id, "status": "PENDING"}}
        if action == "status":
            return 200, {"data": {"planId": plan_id, "status": self.plans[plan_id]}}
        if self.plans[plan_id] == "REJECTED":
            return 409, {"error": {"code": "CONFLICT", "message": "is REJECTED"}}
        self.executions.append(plan_id)
        self.plans[plan_id] = "EXECUTING"
        return 202, {"data": {"planId": plan_id, "status": "EXECUTING"}}


class Odyssey:
    """A running ODYSSEY, its HTTP client and the world around it."""

    def __init__(self, context, capsule, plato):
        self.context, self.capsule, self.plato = context, capsule, plato
        self.clock, self.facts, self.records = context.clock, context.facts, context.publisher
        self.service = OdysseyService(context)
        self._offset = 0

    async def start(self):
        await self.service.start()
        self.http = TestClient(TestServer(self.service.application()))
        await self.http.start_server()

    async def stop(self):
        await self.http.close()
        await self.service.stop()

    async def call(self, method, path, **options):
        return await self.driven(self._call(method, path, options))

    async def _call(self, method, path, options):
        async with self.http.request(method, path, **options) as response:
            return response.status, await response.json()

    async def driven(self, work):
        """The result of `work`, moving time on as long as it waits."""
        task = asyncio.ensure_future(work)
        async with asyncio.timeout(20):
            while not task.done():
                await asyncio.wait([task], timeout=0.002)
                await self.clock.advance(0.02)
        return task.result()

    async def settle(self, done):
        async with asyncio.timeout(10):
            while not done():
                await self.clock.advance(0.02)
                await asyncio.sleep(0)

    def delivery(self, topic="rim.fast-path", *, headers=(), offset=None, **value):
        if offset is None:
            offset, self._offset = self._offset, self._offset + 1
        value = {**_VALUES[topic], **value}
        record = Record(
            topic=topic,
            partition=0,
            offset=offset,
            timestamp_ms=AT_MS,
            key=EURUSD.encode(),
            value=repr(value).encode(),
            headers=tuple(headers),
        )
        return Delivery(record, value, TraceContext.accept_record(headers), "odyssey-reflex")

    async def hand(self, delivery):
        """What the consumer gets back for a delivery."""
        [subscription] = self.service.subscriptions()
        return await self.driven(subscription.handle(delivery))

    async def event(self, *, without=None, **value):
        """Hand over a fast-path event; `without` is the dotted field that it lacks."""
        delivery = self.delivery(**value)
        if without is not None:
            *path, last = without.split(".")
            holder = delivery.value
            for name in path:
                holder[name] = dict(holder[name])
                holder = holder[name]
            holder.pop(last, None)
        return await self.hand(delivery)


_VALUES = {
    "rim.fast-path": {
        "rim_node_id": EURUSD,
        "event_id": None,
        "vector_timestamp": {"event_ts_ms": AT_MS, "ingest_ts_ms": AT_MS, "logical_clock": 0},
        "critical_metrics": {"spread": 0.4},
        "price": 1.08,
        "volume": None,
        "stress": None,
        "status": "OK",
    },
    "perception.signals": {
        "event_id": "sig_1",
        "rim_node_id": EURUSD,
        "signal_type": "ANOMALY_DETECTED",
        "severity": "CRITICAL",
        "confidence": 0.9,
    },
    "capsule.snapshots": {"capsule_id": "cap_9", "scope_id": EURUSD},
}


@pytest.fixture
async def capsule():
    peer = FakeCapsule()
    await peer.server.start_server()
    yield peer
    await peer.server.close()


@pytest.fixture
async def plato():
    peer = FakePlato()
    await peer.server.start_server()
    yield peer
    await peer.server.close()


@pytest.fixture
def context(tmp_path, capsule, plato):
    return ServiceContext(
        clock=ManualClock(AT_MS), facts=KeptFacts(), publisher=KeptRecords(), state_dir=tmp_path / "state",
        urls={"capsule": capsule.url, "plato": plato.url},
    )  # fmt: skip


@pytest.fixture
async def odyssey(context, capsule, plato):
    running = Odyssey(context, capsule, plato)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def new_odyssey(context, capsule, plato):
    """Another ODYSSEY process on the same state folder; the test starts and stops it."""
    return lambda: Odyssey(context, capsule, plato)


@pytest.fixture
async def left_out(context, capsule, plato):
    """Starts an ODYSSEY of a sandbox that does without one of its neighbours."""
    running = []

    async def start(name):
        urls = {other: url for other, url in context.urls.items() if other != name}
        running.append(Odyssey(replace(context, urls=urls), capsule, plato))
        await running[-1].start()
        return running[-1]

    yield start
    for odyssey in running:
        await odyssey.stop()
