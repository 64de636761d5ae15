"""The user interface at a fixed 10,000 records a second on a topic that no service consumes; printed.

    pytest tests/benchmarks/test_tui.py -m benchmark -s          # two minutes; TUI_SECONDS=600 for ten

A producer of its own keeps the pace before the interface is there and while it is. The interface runs as a user runs
it, in a pseudo terminal with that topic open; keys are pressed and waited for by what they draw. Its processor time is
that of its process and what the engine takes more than before.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.control.client import ControlClient
from sandbox.control.models import PublishRequest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1500)]

TOPIC, RATE = "odyssey.actors", 10_000
ALONE_S = 20
LENGTH_S = float(os.environ.get("TUI_SECONDS", "120"))
COLUMNS, LINES = 160, 45
PRODUCER = """
import asyncio, json, sys, time
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

async def main(servers, topic, rate):
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    cluster = await consumer._client.fetch_all_metadata()
    parts = [TopicPartition(topic, each) for each in cluster.partitions_for_topic(topic)]
    consumer.assign(parts)
    value = (await consumer.getone()).value
    await consumer.stop()
    producer = AIOKafkaProducer(bootstrap_servers=servers, linger_ms=5, acks=1)
    await producer.start()
    acked, began, sent, waits = 0, time.monotonic(), 0, []
    step = rate // 100
    print("ready", flush=True)
    told = began
    while True:
        due = int((time.monotonic() - began) * rate)
        while sent < due:
            batch = producer.create_batch()
            for _ in range(min(step, due - sent)):
                batch.append(key=b"actor-%d" % (sent % 500), value=value, timestamp=None)
                sent += 1
            count, asked = batch.record_count(), time.monotonic()
            future = await producer.send_batch(batch, topic, partition=(sent // step) % len(parts))
            future.add_done_callback(lambda _, asked=asked: waits.append(time.monotonic() - asked))
        now = time.monotonic()
        if now - told >= 1:
            wait_ms = 1000 * sum(waits) / max(1, len(waits))
            print(json.dumps({"sent": sent, "s": now - began, "wait_ms": wait_ms}), flush=True)
            told, waits = now, []
        await asyncio.sleep(0.005)

try:
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
except KeyboardInterrupt:
    pass
"""


class Producer:
    """Keeps the pace until it is stopped; `told` are its own words, one a second."""

    def __init__(self, servers: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PRODUCER, servers, TOPIC, str(RATE)], stdout=subprocess.PIPE, text=True
        )
        self.told: list[dict[str, float]] = []
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self.cpu = psutil.Process(self._process.pid)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.told.append(json.loads(line))

    def rate(self, first: int, last: int) -> float:
        """Records a second between two of its words."""
        begin, end = self.told[first], self.told[last]
        return (end["sent"] - begin["sent"]) / (end["s"] - begin["s"])

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Terminal:
    """`sandbox tui` in a pseudo terminal."""

    def __init__(self, name: str, environ: dict[str, str]) -> None:
        child, self._fd = pty.fork()
        if child == 0:
            command = [sys.executable, "-m", "sandbox", "tui", "--name", name, "--page", "topics"]
            os.execvpe(
                command[0], command, {**environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(LINES)}
            )
        self.process = psutil.Process(child)
        self.key_cpu_s: list[float] = []
        self._seen = bytearray()
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._fd, 65_536)
            except OSError:
                return
            with self._lock:
                self._seen = (self._seen + chunk)[-400_000:]

    def clear(self) -> None:
        with self._lock:
            self._seen = bytearray()

    def wait(self, text: str, limit_s: float = 20.0) -> float:
        """Seconds until `text` is drawn."""
        began, wanted = time.monotonic(), text.encode()
        while time.monotonic() - began < limit_s:
            with self._lock:
                drawn = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", bytes(self._seen))
            if wanted in drawn:
                return time.monotonic() - began
            time.sleep(0.002)
        raise AssertionError(f"{text!r} is not drawn within {limit_s} s: {drawn[-2000:]!r}")

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def press_and_wait(self, keys: str, text: str) -> float:
        """Seconds from the key to what it draws."""
        self.clear()
        before = cpu_s(self.process)
        self.press(keys)
        took_s = self.wait(text)
        self.key_cpu_s.append(cpu_s(self.process) - before)
        return took_s

    def stop(self) -> None:
        self.press("q")
        _, alive = psutil.wait_procs([self.process], timeout=5)
        for each in alive:
            each.kill()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    environ = {**os.environ, "SANDBOX_STATE_ROOT": str(tmp_path / "state"), "SANDBOX_RUNTIME": "embedded"}
    command = [sys.executable, "-P", "-m", "sandbox"]
    up = subprocess.run(
        [*command, "up", "--name", "pace", "--ports", "auto", "--json"], env=environ, capture_output=True, check=True
    )
    yield "pace", environ, json.loads(up.stdout)
    subprocess.run([*command, "down", "--all", "--purge"], env=environ, capture_output=True, check=False)


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def client_of(environ: dict[str, str], name: str) -> ControlClient:
    folder = Path(environ["SANDBOX_STATE_ROOT"]) / name
    url = json.loads((folder / "engine.json").read_text(encoding="utf-8"))["control_url"]
    return ControlClient(url, (folder / "token").read_text("ascii").strip())


async def produced(client: ControlClient) -> int:
    return next(each.produced for each in (await client.overview()).topics or () if each.name == TOPIC)


async def test_watching_ten_thousand_records_a_second(sandbox: tuple[str, dict[str, str], dict[str, Any]]) -> None:
    name, environ, status = sandbox
    engine_file = Path(environ["SANDBOX_STATE_ROOT"]) / name / "engine.json"
    engine = psutil.Process(json.loads(engine_file.read_text(encoding="utf-8"))["pid"])
    async with client_of(environ, name) as client:
        example = (await client.topic(TOPIC)).model_dump()["contract"]["example"]
        await client.publish_record(TOPIC, PublishRequest(value=example))
        before = await produced(client)
        producer = Producer(status["endpoints"]["kafka"])
        try:
            await asyncio.sleep(3)
            alone, alone_cpu = len(producer.told), cpu_s(engine)
            await asyncio.sleep(ALONE_S)
            alone_end, alone_cpu = len(producer.told) - 1, cpu_s(engine) - alone_cpu
            found = await asyncio.to_thread(watch, name, environ, engine, producer)
        finally:
            producer.stop()
        total = int(producer.told[-1]["sent"])
        shown = await produced(client) - before
    print(f"\nproducer alone: {producer.rate(alone, alone_end):,.0f}/s, watched: {found['rate']:,.0f}/s")
    alone_told = producer.told[alone:alone_end]
    waits = [statistics.median(each["wait_ms"] for each in told) for told in (alone_told, found["told"])]
    print(f"  a batch's way to the broker, median: alone {waits[0]:.1f} ms, watched {waits[1]:.1f} ms")
    extra = found["engine"] - alone_cpu / ALONE_S
    parts = f"interface {100 * found['tui']:.1f} %, engine {100 * extra:.1f} % more than alone"
    print(f"processor: {parts}; together {100 * (found['tui'] + extra):.1f} % of a core")
    print(f"  the producer itself takes {100 * found['producer']:.0f} %")
    keys = sorted(found["keys"])
    middle, slow = 1000 * statistics.median(keys), 1000 * keys[int(len(keys) * 0.95)]
    cpu_ms = 1000 * found["key_cpu"]
    print(
        f"keys: median {middle:.0f} ms, 95 % within {slow:.0f} ms, {cpu_ms:.0f} ms of processor each, {len(keys)} keys"
    )
    first, last = found["rss"]
    print(f"memory: {first / 1e6:.0f} MB after the first minute, {(last - first) / 1e6:+.1f} MB at the end")
    print(f"counts: {shown:,} by offsets, {total:,} sent by the last word of the producer")
    assert 0 <= shown - total < 2 * RATE, "counts are exact whatever is sampled for display"


def watch(name: str, environ: dict[str, str], engine: psutil.Process, producer: Producer) -> dict[str, Any]:
    """What it takes while the topic is open: parts of a core, seconds a key, bytes."""
    terminal = Terminal(name, environ)
    try:
        terminal.wait("odyssey.actors", 60)
        terminal.press("/actors\r")
        time.sleep(1)
        terminal.press("\r")
        terminal.wait("looked at", 60)
        time.sleep(5)
        first, began, cpu, engine_cpu = len(producer.told), time.monotonic(), cpu_s(terminal.process), cpu_s(engine)
        producer_cpu = cpu_s(producer.cpu)
        keys: list[float] = []
        rss: list[int] = []
        while (passed_s := time.monotonic() - began) < LENGTH_S:
            keys.append(terminal.press_and_wait("?", "Everywhere"))
            terminal.press("\x1b")
            time.sleep(1.2)
            keys.append(terminal.press_and_wait("p", "since; p goes on"))
            keys.append(terminal.press_and_wait("p", "live"))
            time.sleep(6)
            if passed_s >= min(60.0, LENGTH_S / 2) and not rss:
                rss.append(terminal.process.memory_info().rss)
        rss.append(terminal.process.memory_info().rss)
        took_s = time.monotonic() - began
        return {
            "tui": (cpu_s(terminal.process) - cpu) / took_s,
            "engine": (cpu_s(engine) - engine_cpu) / took_s,
            "producer": (cpu_s(producer.cpu) - producer_cpu) / took_s,
            "rate": producer.rate(first, len(producer.told) - 1),
            "told": producer.told[first:],
            "keys": keys,
            "key_cpu": statistics.mean(terminal.key_cpu_s),
            "rss": rss,
        }
    finally:
        terminal.stop()
