"""What the registry costs, as ratios measured in one run; printed, not asserted beyond plain sanity."""

import asyncio
import gc
import json
import os
import statistics
import time
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.clock import SystemClock
from sandbox.registry.definition import Definition
from sandbox.registry.memory_log import MemoryLog
from sandbox.registry.ports import LogRecord
from sandbox.registry.records import SchemaValue, schema_key
from sandbox.registry.registration import Wanted
from sandbox.registry.service import RegistryService

pytestmark = pytest.mark.benchmark


class NoFacts:
    def record(self, fact):
        pass


def schema(name, fields=8):
    listed = [{"name": f"field_{number}", "type": ["null", "string"], "default": None} for number in range(fields)]
    return json.dumps({"type": "record", "name": name, "fields": listed}, separators=(",", ":"))


def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def listen(app):
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, runner.addresses[0][1]


async def requests_per_cpu_s(port, path, count, connections=8):
    """Per second of this process's time, client included: what others do on the machine does not count."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/vnd.schemaregistry.v1+json\r\n"
        "User-Agent: bench/1\r\n\r\n"
    ).encode()

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(count // connections):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()
        await writer.wait_closed()

    started = time.process_time()
    await asyncio.gather(*(one() for _ in range(connections)))
    return count / (time.process_time() - started)


async def test_a_look_up_by_id_against_a_bare_handler():
    service = RegistryService(MemoryLog(), NoFacts(), SystemClock())
    await service.start()
    text = schema("Event")
    await service.registry.registration.register(Wanted("event-value", Definition("AVRO", text)))
    answer = json.dumps({"schema": text}).encode()

    async def bare(request):
        return web.Response(body=answer, headers={"Content-Type": "application/vnd.schemaregistry.v1+json"})

    app = web.Application()
    app.router.add_get("/schemas/ids/{id}", bare)
    bare_runner, bare_port = await listen(app)
    runner, port = await listen(service.application())
    ratios = []
    for _ in range(11):
        plain = await requests_per_cpu_s(bare_port, "/schemas/ids/1", 1_600)
        ours = await requests_per_cpu_s(port, "/schemas/ids/1", 1_600)
        ratios.append(ours / plain)
    ratio = statistics.median(ratios)
    print(f"\nlook-up by id: {ratio:.2f} of a bare aiohttp handler ({ours:.0f} per second of a core); at least 0.6")
    await runner.cleanup()
    await bare_runner.cleanup()
    await service.stop()


async def new_versions_per_s(log, at_once):
    """Registers 1,000 subjects, then a second version of 500 of them, `at_once` at a time."""
    service = RegistryService(log, NoFacts(), SystemClock())
    await service.start()
    gate = asyncio.Semaphore(at_once)

    async def register(number, fields):
        async with gate:
            wanted = Wanted(f"topic-{number}-value", Definition("AVRO", schema(f"Event{number}", fields)))
            return await service.registry.registration.register(wanted)

    async with asyncio.TaskGroup() as group:
        for number in range(1_000):
            group.create_task(register(number, 8))
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        jobs = [group.create_task(register(number, 9)) for number in range(500)]
    rate = len(jobs) / (time.perf_counter() - started)
    assert {job.result().number for job in jobs} == {2}
    await service.stop()
    return rate


async def test_new_versions_with_1000_subjects_present():
    rate = await new_versions_per_s(MemoryLog(), 1)
    print(f"\nnew versions, log in memory, one client: {rate:.0f}/s; at least 200")


async def test_new_versions_into_kafka(tmp_path):
    from platformdirs import user_cache_path

    from sandbox.kafka.cluster import Cluster
    from sandbox.kafka.compacted_log import CompactedLog
    from sandbox.runtime.embedded.broker import EmbeddedBroker, free_port

    cache = Path(os.environ.get("SANDBOX_CACHE_DIR") or user_cache_path("butterfly-sandbox"))
    broker = EmbeddedBroker(tmp_path / "kafka", cache_dir=cache, port=free_port())
    broker.start()
    try:
        await broker.wait_listening()
        for topic, at_once in (("_schemas", 1), ("_schemas_8", 8)):
            log = CompactedLog(Cluster(broker.bootstrap_servers), topic)
            rate = await new_versions_per_s(log, at_once)
            print(f"\nnew versions, log in Kafka, {at_once} at a time: {rate:.0f}/s; at least 200")
    finally:
        await broker.stop()


async def test_starting_with_5000_schemas():
    log = MemoryLog()
    for number in range(5_000):
        definition = Definition("AVRO", schema(f"Event{number}", 12))
        value = SchemaValue(f"topic-{number}-value", 1, number + 1, definition)
        log.records.append(LogRecord(number, schema_key(value.subject, 1), value.encode()))
    gc.collect()
    empty = RegistryService(MemoryLog(), NoFacts(), SystemClock())
    started = time.perf_counter()
    await empty.start()
    empty_s = time.perf_counter() - started
    before_mb = resident_mb()
    service = RegistryService(log, NoFacts(), SystemClock())
    started = time.perf_counter()
    await service.start()
    more_s, more_mb = time.perf_counter() - started - empty_s, resident_mb() - before_mb
    assert service.status()["schemas"] == 5_000
    print(f"\nstart with 5,000 schemas: {more_s:.2f} s over an empty log (at most 1), {more_mb:.0f} MB (at most 60)")
    await service.stop()
    await empty.stop()
