"""Publishing by a scenario against a bare aiokafka loop, and how well it keeps a rate, in one run; printed.

    pytest tests/benchmarks/test_publishing.py -m benchmark -s

The bare loop writes one constant value with fastavro and sends it, all sends in flight, with the same settings. The
scenario evaluates templates for each record, completes the value from the schema, gives each record a trace of its own
in four headers, and records a fact for it. Rate: the moments are those that the records carry as Kafka's timestamp.
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
from pathlib import Path
from typing import Any

import fastavro
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sandbox.clock import SystemClock
from sandbox.config.folders import cache_dir
from sandbox.config.serve import ServeConfig
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.framing import frame
from sandbox.contracts.names import Names
from sandbox.errors import SandboxError
from sandbox.kafka.avro_schema import prepared
from sandbox.observe.journal import Journal
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.kafka_clients import KafkaClients
from sandbox.runtime.ports import free_port
from sandbox.runtime.scenario_world import ScenarioWorld
from sandbox.runtime.serve import GC_THRESHOLDS
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.runner import ScenarioRunner
from tests.benchmarks.stopwatch import Cost, Stopwatch

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

RECORDS, ROUNDS, RATE, RATE_S = 20_000, 5, 1_000, 5
TEMPLATED = f"""
scenario: Templated Avro as fast as possible
seed: 1
steps:
  - publish: rim.fast-path
    key: "rim:entity:finance:{{{{ choice('EURUSD', 'GBPUSD', 'USDJPY', 'AUDUSD') }}}}"
    count: {RECORDS}
    value: {{price: "{{{{ random.uniform(1, 2) }}}}", stress: "{{{{ random.uniform(0.1, 0.4) }}}}", status: OK}}
"""
STEADY = f"""
scenario: A rate that is kept
seed: 1
steps:
  - publish: rim.fast-path
    key: rim:entity:finance:EURUSD
    partition: 0
    count: {RATE * RATE_S}
    rate: {RATE}/s
    value: {{price: "{{{{ random.uniform(1, 2) }}}}", stress: 0.2, status: OK}}
"""


class Bench:
    def __init__(self, clients: KafkaClients, bootstrap_servers: str) -> None:
        self.clients = clients
        self.contracts = clients.contracts
        self.bootstrap_servers = bootstrap_servers

    async def bare(self) -> Cost:
        """Constant values, constant keys as many as the scenario has."""
        schema = self.contracts.schema_of("rim.fast-path")
        schema_id = await self.clients.registry.lookup("rim.fast-path-value", schema)
        avro = prepared(schema)
        keys = [f"rim:entity:finance:{pair}".encode() for pair in ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD")]
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers, acks="all", enable_idempotence=True, max_batch_size=65_536
        )
        await producer.start()
        watch = Stopwatch()
        acks = []
        for number in range(RECORDS):
            body = io.BytesIO()
            fastavro.schemaless_writer(body, avro, VALUE)
            acks.append(await producer.send("rim.fast-path", frame(schema_id, body.getvalue()), key=keys[number % 4]))
        await asyncio.gather(*acks)
        cost = watch.cost(RECORDS)
        await producer.stop()
        return cost

    async def play(self, text: str, records: int) -> Cost:
        journal, clock = Journal(), SystemClock()
        absent: Any = None
        world = ScenarioWorld(
            self.clients, journal, clock, {}, breakers=absent, ledger=absent, groups=absent, resets=absent,
            set_speed=absent, faults=absent, controls=absent, lacks=lambda need: None, log_folder=Path(),
        )  # fmt: skip
        runner = ScenarioRunner(world, read_scenario(text, "benchmark.yaml", self.contracts), file="benchmark.yaml")
        watch = Stopwatch()
        result = await runner.run()
        cost = watch.cost(records)
        assert result.outcome == "passed", result.to_json()
        assert journal.counters.to_json()["kinds"]["RecordProduced"] == records
        return cost

    async def timestamps_ms(self, records: int) -> list[int]:
        """Of the newest records of partition 0."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap_servers)
        await consumer.start()
        try:
            from aiokafka import TopicPartition

            place = TopicPartition("rim.fast-path", 0)
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            consumer.seek(place, end - records)
            found: list[int] = []
            while len(found) < records:
                for fetched in (await consumer.getmany(timeout_ms=1_000)).values():
                    found += [each.timestamp for each in fetched]
            return found
        finally:
            await consumer.stop()


VALUE = {
    "rim_node_id": "rim:entity:finance:EURUSD",
    "event_id": "0d7bbd3a-9bb4-4a3c-9b5a-0d7bbd3a9bb4",
    "vector_timestamp": {"event_ts_ms": 1_733_220_000_000, "ingest_ts_ms": 1_733_220_000_005},
    "critical_metrics": {},
    "price": 1.05,
    "stress": 0.4,
    "status": "OK",
}


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    broker = EmbeddedBroker(folder / "kafka", cache_dir=cache_dir(), port=free_port())
    port = free_port()
    config = ServeConfig(
        services=("schema-registry",), bootstrap_servers=f"127.0.0.1:{broker.port}",
        ports={"schema-registry": port}, state_dir=folder / "registry",
    )  # fmt: skip
    await asyncio.to_thread(broker.start)
    registry = None
    try:
        await broker.wait_listening()
        registry = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox.runtime.serve", "schema-registry",
            env={**os.environ, **config.to_environment()},
        )  # fmt: skip
        clients = KafkaClients(
            broker.bootstrap_servers, f"http://127.0.0.1:{port}", Contracts.load(), Names(), client_id="b", strict=True
        )
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(SandboxError):
                    if "rim.fast-path-value" in await clients.registry.subjects():
                        break
                await asyncio.sleep(0.1)
        yield Bench(clients, broker.bootstrap_servers)
        await clients.close()
    finally:
        if registry is not None:
            registry.terminate()
            await registry.wait()
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
async def test_publishing_by_a_scenario_against_a_bare_loop_and_the_rate_it_keeps(tmp_path):
    async with bench(tmp_path) as it:
        cpu, wall = [], []
        print()
        for _ in range(ROUNDS):
            bare, ours = await it.bare(), await it.play(TEMPLATED, RECORDS)
            cpu.append(bare.cpu_us / ours.cpu_us)
            wall.append(bare.wall_us / ours.wall_us)
            print(
                f"CPU {bare.cpu_us:.0f} µs a record bare, {ours.cpu_us:.0f} µs by a scenario;"
                f" wall {bare.wall_us:.0f} and {ours.wall_us:.0f} µs"
            )
        print(
            f"templated Avro publishing: {statistics.median(cpu):.2f} of a bare loop by CPU time,"
            f" {statistics.median(wall):.2f} by wall time; at least 0.6"
        )
        steady = await it.play(STEADY, RATE * RATE_S)
        stamps = await it.timestamps_ms(RATE * RATE_S)
        took_s = (stamps[-1] - stamps[0]) / 1000
        errors = sorted(abs(stamp - stamps[0] - number * 1000 / RATE) for number, stamp in enumerate(stamps))
        in_time = sum(1 for stamp in stamps if stamp - stamps[0] < RATE_S * 1000)
        print(
            f"rate: {RATE * RATE_S} records at {RATE}/s in {took_s:.3f} s: {in_time} within {RATE_S} s;"
            f" schedule error p50 {errors[len(errors) // 2]:.1f} ms, p99 {errors[len(errors) * 99 // 100]:.1f} ms;"
            f" {steady.cpu_us:.0f} µs of CPU each"
        )
