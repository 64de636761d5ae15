"""How fast a sandbox starts and how little it takes, against the same broker started bare, in one run.

    pytest tests/benchmarks/test_start.py -m benchmark -s

Nothing is asserted about time; the ratios are printed and kept in the README's table.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer

from sandbox.config.folders import cache_dir
from sandbox.contracts.catalog import Contracts
from sandbox.kafka.cluster import Cluster
from sandbox.kafka.topics_admin import TopicsAdmin
from sandbox.runtime.embedded import broker as broker_module
from sandbox.runtime.embedded.aot import train
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.embedded.jars import fetch_jars
from sandbox.runtime.ports import free_port

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROUNDS = 5
GROUPS = ("capsule", "odyssey-reflex", "audit")


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A name of its own: `--ports auto` derives the ports from it, and others may be at work on this machine.
        name = f"bench-{os.getpid()}"
        self.environ = {**os.environ, "SANDBOX_STATE_ROOT": str(folder / "state"), "SANDBOX_NAME": name}

    def sandbox(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "sandbox", *arguments], cwd=self.folder, env=self.environ, check=False,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"sandbox {' '.join(arguments)} → {done.returncode}\n{done.stderr}"
        return done.stdout

    def up(self) -> float:
        started = time.perf_counter()
        self.sandbox("up", "--ports", "auto", "--json")
        return time.perf_counter() - started

    def down(self, *options: str) -> float:
        started = time.perf_counter()
        self.sandbox("down", *options)
        return time.perf_counter() - started

    async def bare(self) -> float:
        """The same broker alone: listening, the contract topics made, three groups joined by bare consumers."""
        data = self.folder / "bare"
        shutil.rmtree(data, ignore_errors=True)
        started = time.perf_counter()
        broker = EmbeddedBroker(data, cache_dir=cache_dir(), port=free_port(), offline=True)
        broker.start()
        try:
            await broker.wait_listening()
            async with TopicsAdmin(Cluster(broker.bootstrap_servers)) as topics:
                await topics.create(Contracts.load().topics.values())
            consumers = [
                AIOKafkaConsumer("rim.fast-path", bootstrap_servers=broker.bootstrap_servers, group_id=group)
                for group in GROUPS
            ]
            await asyncio.gather(*(consumer.start() for consumer in consumers))
            while not all(consumer.assignment() for consumer in consumers):
                await asyncio.sleep(0.005)
            took_s = time.perf_counter() - started
            await asyncio.gather(*(consumer.stop() for consumer in consumers))
        finally:
            await broker.stop()
        return took_s


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    fetch_jars(cache_dir())
    train(cache_dir())
    return Bench(tmp_path)


def test_start_against_the_bare_broker(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, bare, plain, downs = [], [], [], []
    bench.up()
    bench.down("--purge")
    for _ in range(ROUNDS):
        ours.append(bench.up())
        downs.append(bench.down("--purge"))
        bare.append(asyncio.run(bench.bare()))
        with monkeypatch.context() as patch:
            patch.setattr(broker_module, "JVM_FLAGS", ())
            patch.setattr(broker_module.StartupCache, "exists", lambda self: False)
            plain.append(asyncio.run(bench.bare()))
    up, with_cache, default = (statistics.median(each) for each in (ours, bare, plain))
    print(f"\nup to proven ready      {up:.2f} s  (median of {ROUNDS}; {min(ours):.2f}–{max(ours):.2f})")
    print(f"bare, same AOT cache    {with_cache:.2f} s  → ratio {up / with_cache:.2f}  (target ≤ 1.4)")
    print(f"bare, no AOT, defaults  {default:.2f} s  → ratio {up / default:.2f}  (target ≤ 0.6)")
    print(f"down                    {statistics.median(downs):.2f} s  (target ≤ 1.5 s)")


def test_footprint_right_after_up_and_idle(bench: Bench) -> None:
    bench.up()
    try:
        tree = family(bench)
        rss = {process.pid: process.memory_info().rss for process in tree}
        print(f"\nall processes together  {sum(rss.values()) / 1e6:.0f} MB RSS  (target ≤ 520 MB)")
        for process in tree:
            print(f"    {process.name():<10} {rss[process.pid] / 1e6:6.1f} MB")
        time.sleep(10)
        before = sum(sum(process.cpu_times()[:2]) for process in tree)
        time.sleep(20)
        idle = (sum(sum(process.cpu_times()[:2]) for process in tree) - before) / 20
        print(f"idle                    {idle * 100:.1f} % of a core  (target ≤ 5 %)")
    finally:
        bench.down("--purge")


def family(bench: Bench) -> list[psutil.Process]:
    """The engine and everything it started, watchdogs included."""
    (state,) = (bench.folder / "state").glob("*/engine.json")
    engine = psutil.Process(json.loads(state.read_text())["pid"])
    found = {engine.pid: engine}
    for process in engine.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found[process.pid] = process
    return list(found.values())


def test_help_answers_at_once() -> None:
    help_s = median_s(
        lambda: subprocess.run([sys.executable, "-m", "sandbox", "--help"], check=True, capture_output=True)
    )
    bare_s = median_s(lambda: subprocess.run([sys.executable, "-c", "import typer"], check=True, capture_output=True))
    print(
        f"\nsandbox --help          {help_s:.2f} s  (target ≤ 0.25 s) → ratio to importing typer {help_s / bare_s:.2f}"
    )


def median_s(work: Callable[[], object]) -> float:
    took = []
    for _ in range(9):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return statistics.median(took)
