"""What a lease costs, and a suite of 200 small tests with a lease each against a fresh broker for each test.

    pytest tests/benchmarks/test_isolation.py -m benchmark -s

Nothing is asserted about time; the ratios are printed and kept in the README's table.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.config.folders import cache_dir
from sandbox.pytest_plugin.aio import AsyncSandbox
from sandbox.pytest_plugin.backend import Backend
from sandbox.pytest_plugin.sandbox import Sandbox
from sandbox.runtime.embedded.aot import train
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.embedded.jars import fetch_jars
from sandbox.runtime.ports import free_port

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

TESTS = 200
SAMPLE = 5
SUITE = """
import os, time
from pathlib import Path

import pytest

NODE = "rim:entity:finance:EURUSD"


@pytest.mark.parametrize("number", range({tests}))
def test_an_event_becomes_a_capsule(sandbox_lease, number):
    sent = sandbox_lease.publish("rim.fast-path", {{"price": float(number)}}, key=NODE)
    sandbox_lease.expect("capsule.snapshots", key=NODE, correlation_id=sent.correlation_id, within=30)
    [capsule] = sandbox_lease.capsule.get("/api/v1/capsules", scopeId=NODE).data
    assert capsule["content"]["dynamics"]["price"] == float(number)
    Path(os.environ["NOTES"], str(number)).write_text(f"{{os.environ.get('PYTEST_XDIST_WORKER')}} {{time.time()}}")
"""


@dataclass(frozen=True, slots=True)
class Warm:
    """A running sandbox and how to reach it."""

    folder: Path
    environ: dict[str, str]

    def suite(self, *arguments: str) -> tuple[float, float]:
        """Seconds of the whole pytest process, and tests a second while every worker was at work."""
        notes = self.folder / f"notes-{time.monotonic_ns()}"
        notes.mkdir()
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "test_suite.py",
             *arguments],
            cwd=self.folder, env={**self.environ, "NOTES": str(notes)}, capture_output=True, text=True, timeout=900,
            check=False,
        )  # fmt: skip
        took_s = time.perf_counter() - started
        assert done.returncode == 0 and f"{TESTS} passed" in done.stdout, done.stdout
        ends: dict[str, list[float]] = {}
        for each in notes.iterdir():
            worker, end = each.read_text().split()
            ends.setdefault(worker, []).append(float(end))
        begin, end = max(min(each) for each in ends.values()), min(max(each) for each in ends.values())
        return took_s, sum(begin < each <= end for all_of in ends.values() for each in all_of) / (end - begin)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    fetch_jars(cache_dir())
    train(cache_dir())
    folder = tmp_path_factory.mktemp("isolation")
    (folder / "test_suite.py").write_text(SUITE.format(tests=TESTS), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environ = {**os.environ, "SANDBOX_STATE_ROOT": str(folder / "state"), "SANDBOX_NAME": f"bench-{os.getpid()}"}
    command = [sys.executable, "-P", "-m", "sandbox"]
    subprocess.run([*command, "up", "--ports", "auto", "--json"], env=environ, cwd=folder, check=True, timeout=200)
    found = subprocess.run([*command, "env", "--json"], env=environ, check=True, capture_output=True, timeout=60)
    yield Warm(folder, {**environ, **json.loads(found.stdout)})
    subprocess.run([*command, "down", "--purge"], env=environ, check=True, timeout=60)


def test_a_lease(warm: Warm) -> None:
    backend = Backend.start(warm.environ["SANDBOX_CONTROL_URL"], warm.environ["SANDBOX_TOKEN"])
    sandbox, took_ms = Sandbox(AsyncSandbox(backend)), []
    try:
        for _ in range(TESTS):
            started = time.perf_counter()
            with sandbox.lease():
                pass
            took_ms.append((time.perf_counter() - started) * 1000)
    finally:
        backend.close()
    took_ms.sort()
    p99 = took_ms[int(len(took_ms) * 0.99)]
    print(f"\na lease, begun and ended   {statistics.median(took_ms):.1f} ms, p99 {p99:.1f} ms  (target ≤ 30 ms)")


def test_a_suite_with_leases_against_a_fresh_broker_for_each_test(warm: Warm) -> None:
    whole_s, _ = warm.suite()
    fresh = [asyncio.run(fresh_broker(warm.folder / "fresh")) for _ in range(SAMPLE)]
    each_s = statistics.median(fresh)
    extrapolated_s = whole_s + TESTS * each_s
    print(f"\n{TESTS} tests, a lease each       {whole_s:.1f} s, pytest's own start included")
    print(
        f"a fresh broker             {each_s:.2f} s up and down, median of {SAMPLE}, with the AOT cache, nothing else"
    )
    print(f"the same, a broker each    {extrapolated_s:.0f} s (extrapolated: the suite's time and {TESTS} brokers)")
    print(f"ratio                      {extrapolated_s / whole_s:.1f}  (target ≥ 10)")


async def fresh_broker(data: Path) -> float:
    """Seconds for a broker alone to listen and to stop."""
    shutil.rmtree(data, ignore_errors=True)
    started = time.perf_counter()
    broker = EmbeddedBroker(data, cache_dir=cache_dir(), port=free_port(), offline=True)
    broker.start()
    try:
        await broker.wait_listening()
    finally:
        await broker.stop()
    return time.perf_counter() - started


def test_two_workers_against_one(warm: Warm) -> None:
    one, two = [], []
    for _ in range(3):
        one.append(warm.suite("-n", "1"))
        two.append(warm.suite("-n", "2"))
    one_s, two_s = (statistics.median(whole for whole, _ in each) for each in (one, two))
    one_rate, two_rate = (statistics.median(rate for _, rate in each) for each in (one, two))
    print(f"\n{TESTS} tests, all of pytest     one worker {one_s:.1f} s, two {two_s:.1f} s")
    print(f"while all are at work      {one_rate:.0f} tests/s, {two_rate:.0f} tests/s")
    print(f"ratio                      {two_rate / one_rate:.2f}  (target ≥ 1.5)")
