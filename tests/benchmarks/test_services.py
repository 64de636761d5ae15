"""What the services' REST side and CAPSULE's store cost; printed, not asserted beyond plain sanity."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import time

import pytest
from aiohttp import web

from sandbox.clock import SystemClock
from sandbox.contracts.delivery import Published
from sandbox.events.log import PacedHandler
from sandbox.observe.outbox import Outbox
from sandbox.services.capsule.capsule import Capsule
from sandbox.services.capsule.capsules import CapsuleFilter, Capsules
from sandbox.services.capsule.service import CapsuleService
from sandbox.services.http import RATE_LIMITER
from sandbox.services.ports import ServiceContext
from sandbox.services.settings import RateLimits

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

START_MS = 1_733_220_000_000
LOAD = """
import socket, sys
port, path, count, connections = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), 32
request = f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nAccept: application/json\\r\\n\\r\\n".encode()
sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
for _ in range(count // connections):
    for each in sockets:
        each.sendall(request)
    for each in sockets:
        answer = each.recv(65536)
        head, _, body = answer.partition(b"\\r\\n\\r\\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0])
        while len(body) < length:
            body += each.recv(65536)
"""
"""32 connections that ask at once and then read: it is quicker than what it measures."""


class NoFacts:
    def record(self, fact):
        pass


class NoKafka:
    async def publish(self, topic, value, *, key, trace, headers=()):
        return Published(topic, 0, 0)


async def taken(batch: bytes) -> int:
    """An engine that is quick: it wants what follows."""
    head = json.loads(batch)
    return head["first"] + len(head["facts"])


async def listen(app):
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, runner.addresses[0][1]


async def cpu_us(port: int, path: str, count: int = 6_400) -> float:
    """Microseconds of this process for each request that another process makes."""
    load = await asyncio.create_subprocess_exec(sys.executable, "-c", LOAD, str(port), path, "800")
    assert await load.wait() == 0
    started = time.process_time()
    load = await asyncio.create_subprocess_exec(sys.executable, "-c", LOAD, str(port), path, str(count))
    assert await load.wait() == 0
    return (time.process_time() - started) / count * 1e6


@pytest.mark.parametrize("telling", [False, True], ids=["alone", "telling"])
async def test_reading_one_capsule_and_a_page_of_20_against_a_bare_handler(tmp_path, telling):
    """Alone as the handler is, and telling of each request as in a sandbox: a fact for the engine, a log line."""
    outbox = Outbox("benchmark", taken, SystemClock())
    lines = PacedHandler((tmp_path / "access.log").open("w", 64 * 1024))
    pushing = asyncio.create_task(outbox.run())
    context = ServiceContext(
        clock=SystemClock(), facts=outbox if telling else NoFacts(), publisher=NoKafka(), urls={}, state_dir=tmp_path,
        access_log=lines.write_line if telling else None,
    )  # fmt: skip
    service = CapsuleService(context)
    await service.start()
    await service._capsules.keep([capsule(number) for number in range(100)])
    app = service.application()
    app[RATE_LIMITER].limits = RateLimits(query=10**9)
    runner, port = await listen(app)
    bare_app = web.Application()
    bodies = {
        "one": service._capsules.find("default", "cap_7"),
        "page": f"[{','.join(await service._capsules.page(CapsuleFilter('default'), size=20))}]",
    }
    for name, body in bodies.items():
        text = json.dumps({"data": json.loads(body), "meta": {"requestId": "req-1", "timestamp": "…"}}).encode()

        async def bare(_, text=text):
            return web.Response(body=text, content_type="application/json")

        bare_app.router.add_get(f"/{name}", bare)
    bare_runner, bare_port = await listen(bare_app)
    print()
    for name, path in (("one", "/api/v1/capsules/cap_7"), ("page", "/api/v1/capsules?size=20")):
        ratios = []
        for _ in range(7):
            ratios.append(await cpu_us(bare_port, f"/{name}") / (ours := await cpu_us(port, path)))
        told = ", facts and log lines included" if telling else "; at least 0.5"
        print(f"GET {path}: {statistics.median(ratios):.2f} of a bare handler ({ours:.0f} µs){told}")
    pushing.cancel()
    lines.stream.close()
    await runner.cleanup()
    await bare_runner.cleanup()
    await service.stop()


async def test_a_page_of_one_scope_among_a_million_capsules(tmp_path):
    capsules = Capsules(tmp_path / "capsule.db")
    capsules.store.open()
    chance = random.Random(1)
    for first in range(0, 1_000_000, 500):
        await capsules.keep([capsule(number) for number in range(first, first + 500)])
    took_ms = []
    for _ in range(2_000):
        wanted = CapsuleFilter("default", f"rim:entity:finance:E{chance.randrange(50)}")
        started = time.perf_counter()
        page = await capsules.page(wanted, offset=20 * chance.randrange(50), size=20)
        total = await capsules.total(wanted)
        took_ms.append((time.perf_counter() - started) * 1000)
        assert (len(page), total) == (20, 20_000)
    took_ms.sort()
    print(f"\npage of a scope within its first 1,000 of 1,000,000 rows: p99 {took_ms[1980]:.2f} ms; at most 20")
    await capsules.close()


def capsule(number: int) -> Capsule:
    return Capsule(
        capsule_id=f"cap_{number}",
        tenant="default",
        scope_id=f"rim:entity:finance:E{number % 50}",
        timestamp_ms=START_MS + number * 50,
        created_ms=START_MS + number * 50,
        content={"dynamics": {"price": 1.05, "stress": 0.3}},
    )
