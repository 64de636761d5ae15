"""CAPSULE's consumption against a bare aiokafka loop over the same topic, in one run; printed, not asserted.

    pytest tests/benchmarks/test_consumption.py -m benchmark -s

The bare loop does what any program that consumes and produces must: fetch, decode one Avro record, encode one, send it
without waiting for each acknowledgement, and commit a fetch's offsets once all of it is acknowledged. CAPSULE goes its
whole way: consumer boundary, duplicates told apart, SQLite store, snapshots, traces, ledger facts pushed to an engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sandbox.clock import SystemClock
from sandbox.config.folders import cache_dir
from sandbox.config.serve import ServeConfig
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.framing import frame, unframe
from sandbox.contracts.names import Names
from sandbox.contracts.tracing import TraceContext
from sandbox.control.facts_client import FactsClient
from sandbox.errors import SandboxError
from sandbox.events.facts import Fact, RecordConsumed
from sandbox.kafka.avro_schema import prepared
from sandbox.kafka.boundary import ConsumerBoundary
from sandbox.kafka.consumer import GroupConsumer
from sandbox.kafka.dead_letters import DeadLetterWriter
from sandbox.kafka.groups import GroupsAdmin
from sandbox.observe.outbox import Outbox
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.ports import free_port
from sandbox.runtime.serve import GC_THRESHOLDS
from sandbox.services.capsule.service import CapsuleService
from sandbox.services.ports import ServiceContext
from tests.benchmarks.stopwatch import Cost, Stopwatch

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

RECORDS, KEYS, ROUNDS = 20_000, 400, 3
SOURCE, TARGET = "rim.fast-path", "capsule.snapshots"
ENGINE = """
import asyncio, json, sys
from aiohttp import web

async def take(request):
    batch = json.loads(await request.read())
    return web.json_response({"next": batch["first"] + len(batch["facts"])})

app = web.Application(client_max_size=2**24)
app.router.add_post("/v1/facts", take)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
"""Takes facts as the engine does, in a process of its own."""


@asynccontextmanager
async def child(*arguments: str, **environ: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env={**os.environ, **environ})
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


class Bench:
    """A broker whose topic `rim.fast-path` is filled, a registry and an engine in processes of their own."""

    def __init__(self, folder: Path, bootstrap_servers: str, registry_url: str, engine_url: str) -> None:
        self.folder = folder
        self.bootstrap_servers = bootstrap_servers
        self.engine_url = engine_url
        self.contracts = Contracts.load()
        self.clock = SystemClock()
        self.clients = KafkaClients(
            bootstrap_servers, registry_url, self.contracts, Names(), client_id="benchmark", strict=False
        )

    async def ready(self) -> None:
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(SandboxError):
                    if f"{TARGET}-value" in await self.clients.registry.subjects():
                        return
                await asyncio.sleep(0.1)

    async def fill(self) -> None:
        publisher = self.clients.publisher("perception", Nowhere(), self.clock)
        for first in range(0, RECORDS, 1_000):
            waiting = [
                await publisher.post(SOURCE, event(n), key=event(n)["rim_node_id"], trace=TraceContext.start())
                for n in range(first, first + 1_000)
            ]
            for each in waiting:
                await each.published()

    async def bare(self, group: str, records: int = RECORDS, *, waits: bool = False) -> Cost:
        """With `waits`, each acknowledgement is waited for before the next record is looked at."""
        registry, names = self.clients.registry, self.clients.names
        schemas = {topic: self.contracts.schema_of(topic) for topic in (SOURCE, TARGET)}
        target_id = await registry.lookup(names.value_subject(TARGET), schemas[TARGET])
        source, target = prepared(schemas[SOURCE]), prepared(schemas[TARGET])
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers, acks="all", enable_idempotence=True, max_batch_size=65_536
        )
        await producer.start()
        consumer = AIOKafkaConsumer(
            SOURCE, bootstrap_servers=self.bootstrap_servers, group_id=group, enable_auto_commit=False,
            auto_offset_reset="earliest", max_partition_fetch_bytes=512 * 1024,
        )  # fmt: skip
        watch, done = Stopwatch(), 0
        await consumer.start()
        while done < records:
            acks = []
            for fetched in (await consumer.getmany(timeout_ms=1_000, max_records=records - done)).values():
                for record in fetched:
                    _, body = unframe(record.value)
                    value = fastavro.schemaless_reader(io.BytesIO(body), source)
                    out = io.BytesIO()
                    fastavro.schemaless_writer(out, target, bare_snapshot(record, value))
                    acks.append(await producer.send(TARGET, frame(target_id, out.getvalue()), key=record.key))
                    if waits:
                        await acks[-1]
            if acks:
                await asyncio.gather(*acks)
                await consumer.commit()
                done += len(acks)
        cost = watch.cost(records)
        await consumer.stop()
        await producer.stop()
        return cost

    async def capsule(self, group: str) -> Cost:
        """The consuming half of a service process, as `sandbox serve` puts it together."""
        facts_client = FactsClient(self.engine_url, "token")
        outbox = Outbox("services", facts_client, SystemClock())
        facts = Counted(outbox)
        publisher = self.clients.publisher("capsule", facts, self.clock)
        await self.clients.producer.start()
        service = CapsuleService(ServiceContext(self.clock, facts, publisher, {}, self.folder / group))
        await service.start()
        (subscription,) = service.subscriptions()
        boundary = ConsumerBoundary(
            subscription, group=group, service="capsule", decode=self.clients.values.decode,
            dead_letters=DeadLetterWriter(publisher, self.clock), facts=facts, clock=self.clock, room=outbox.room,
        )  # fmt: skip
        seeded = service.status()["capsules"]
        pushing = asyncio.create_task(outbox.run())
        watch = Stopwatch()
        only = replace(subscription, group=group, topics=(SOURCE,))
        consumer = GroupConsumer(self.clients.cluster, only, boundary.handle_run, instance="a")
        consumer.start()
        while facts.consumed < RECORDS:
            await asyncio.sleep(0.01)
        await outbox.flush(10)
        await consumer.stop()
        cost = watch.cost(RECORDS)
        assert service.status()["capsules"] == seeded + RECORDS
        assert outbox.lost == 0
        pushing.cancel()
        await facts_client.close()
        await service.stop()
        return cost

    async def lag(self, group: str) -> int:
        async with GroupsAdmin(self.clients.cluster) as groups:
            (described,) = await groups.describe([group])
        return described.lag


class Nowhere:
    def record(self, fact: Fact) -> None:
        pass


class Counted:
    """Passes facts on and counts the records that are done with."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.consumed = 0

    def record(self, fact: Fact) -> None:
        self._outbox.record(fact)
        self.consumed += isinstance(fact, RecordConsumed)


def event(number: int) -> dict[str, Any]:
    return {
        "rim_node_id": f"rim:entity:finance:E{number % KEYS}",
        "event_id": f"evt-{number}",
        "vector_timestamp": {"event_ts_ms": 1_733_220_000_000 + number, "ingest_ts_ms": 1_733_220_000_005 + number},
        "critical_metrics": {"spread": 0.5},
        "price": 1.05,
        "stress": 0.4,
        "status": "OK",
    }


def bare_snapshot(record: Any, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "capsule_id": f"cap_{record.partition}_{record.offset}",
        "scope_id": event["rim_node_id"],
        "timestamp": event["vector_timestamp"]["event_ts_ms"],
        "resolution": 60,
        "vantage_mode": "omniscient",
        "idempotency_key": event["event_id"],
        "created_at": record.timestamp,
    }


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    broker = EmbeddedBroker(folder / "kafka", cache_dir=cache_dir(), port=free_port())
    registry_port, engine_port = free_port(), free_port()
    config = ServeConfig(
        services=("schema-registry",), bootstrap_servers=f"127.0.0.1:{broker.port}",
        ports={"schema-registry": registry_port}, state_dir=folder / "registry",
    )  # fmt: skip
    await asyncio.to_thread(broker.start)
    try:
        await broker.wait_listening()
        async with (
            child("-m", "sandbox.runtime.serve", "schema-registry", **config.to_environment()),
            child("-c", ENGINE, str(engine_port)),
        ):
            bench = Bench(
                folder, broker.bootstrap_servers, f"http://127.0.0.1:{registry_port}", f"http://127.0.0.1:{engine_port}"
            )
            await bench.ready()
            yield bench
            await bench.clients.close()
    finally:
        await broker.stop()


@pytest.fixture
def collected_as_in_a_service():
    before = gc.get_threshold()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.freeze()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collected_as_in_a_service")
async def test_consumption_through_capsule_against_a_bare_loop(tmp_path):
    async with bench(tmp_path) as it:
        await it.fill()
        cpu, wall = [], []
        print()
        for number in range(ROUNDS):
            bare, ours = await it.bare(f"bare-{number}"), await it.capsule(f"capsule-{number}")
            assert (await it.lag(f"bare-{number}"), await it.lag(f"capsule-{number}")) == (0, 0)
            cpu.append(bare.cpu_us / ours.cpu_us)
            wall.append(bare.wall_us / ours.wall_us)
            print(
                f"CPU of the consuming process {bare.cpu_us:.0f} µs a record bare, {ours.cpu_us:.0f} µs CAPSULE;"
                f" wall {bare.wall_us:.0f} and {ours.wall_us:.0f} µs"
            )
        print(
            f"consumption through CAPSULE: {statistics.median(cpu):.2f} of a bare loop by CPU time,"
            f" {statistics.median(wall):.2f} by wall time; at least 0.5"
        )
        waiting = await it.bare("waiting", 2_000, waits=True)
        print(f"and {waiting.wall_us / ours.wall_us:.1f} times a bare loop that waits for each acknowledgement")
