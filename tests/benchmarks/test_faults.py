"""How exactly a latency fault holds requests up, at 500 a second; printed, not asserted beyond plain sanity."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest

from tests.faults.wire import a_service

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

RATE_PER_S, SECONDS = 500, 10
LOAD = """
import asyncio, json, sys, time
port, rate, seconds = map(int, sys.argv[1:])
REQUEST = b"GET /api/v1/things HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"

class Client(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""
        idle.append(self)
    def ask(self):
        self.sent = time.perf_counter()
        self.transport.write(REQUEST)
    def data_received(self, data):
        self.data += data
        head, end, body = self.data.partition(b"\\r\\n\\r\\n")
        if end and len(body) >= int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0]):
            assert head.startswith(b"HTTP/1.1 200"), head
            took_ms.append((time.perf_counter() - self.sent) * 1000)
            self.data = b""
            idle.append(self)

idle, took_ms = [], []

async def main():
    loop = asyncio.get_running_loop()
    for _ in range(rate):
        await loop.create_connection(Client, "127.0.0.1", port)
    started = time.perf_counter()
    for number in range(rate * seconds):
        wait_s = started + number / rate - time.perf_counter()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        while not idle:
            await asyncio.sleep(0.001)
        idle.pop().ask()
    sending_s = time.perf_counter() - started
    while len(took_ms) < rate * seconds:
        await asyncio.sleep(0.01)
    print(json.dumps({"rate": rate * seconds / sending_s, "took_ms": sorted(took_ms)}))

asyncio.run(main())
"""
"""Asks at fixed times, whether or not answers have come."""


class NoFacts:
    def record(self, fact):
        pass


async def load(port: int) -> tuple[float, float, float]:
    """Requests a second, p50 and p99 in milliseconds, as a client in another process sees them."""
    arguments = [str(port), str(RATE_PER_S), str(SECONDS)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOAD, *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(out)
    took_ms = found["took_ms"]
    return found["rate"], took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100]


@pytest.mark.parametrize("ask_ms", [20, 200])
async def test_latency_is_as_long_as_it_was_asked_for(ask_ms):
    async with a_service(NoFacts(), rate_limits=False) as service:
        print()
        rate, p50, p99 = await load(service.port)
        print(f"no fault:        p50 {p50:.2f} ms, p99 {p99:.2f} ms at {rate:.0f} requests/s")
        applied = service.fault("latency", ms=ask_ms)
        rate, p50, p99 = await load(service.port)
        print(
            f"latency {ask_ms:>3} ms:  p50 {p50:.2f} ms, p99 {p99:.2f} ms at {rate:.0f} requests/s; "
            f"p50 is {p50 - ask_ms:+.2f} ms off, 2 ms allowed"
        )
        assert applied.hits == RATE_PER_S * SECONDS and p50 >= ask_ms
