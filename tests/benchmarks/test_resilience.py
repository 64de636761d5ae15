"""What a permitted call costs, against the Python breakers that have a sliding window too, in one run.

    pytest tests/benchmarks/test_resilience.py -m benchmark -s

The budget is asserted (3 µs a call, no listener); the ratios are printed. The peers are installed into a temporary
folder: those on PyPI whose window slides (a ring of calls, or buckets of time); breakers that count failures in a row
do less and are left out.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.clock import SystemClock
from sandbox.resilience import CircuitBreaker, CircuitBreakerConfig

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

PEERS = ("fluxgate==0.9.4", "interlock-cb==2.8.2", "nopanic==0.3.0", "pyresilience==0.4.1")
ROUNDS, CALLS = 9, 20_000
BUDGET_US = 3.0

Call = Callable[[], Awaitable[int]]


async def answer() -> int:
    return 1


def ours(window: str) -> CircuitBreaker:
    config = CircuitBreakerConfig(
        sliding_window_type=window,
        sliding_window_size=100 if window == "COUNT_BASED" else 30,
        minimum_number_of_calls=10,
        slow_call_duration_threshold=timedelta(seconds=1),
    )
    return CircuitBreaker("capsule", config, SystemClock())


def by_low_level(breaker: CircuitBreaker) -> Call:
    now = breaker.clock.monotonic_ns

    async def call() -> int:
        breaker.acquire_permission()
        start_ns = now()
        value = await answer()
        breaker.on_success(now() - start_ns)
        return value

    return call


def by_block(breaker: CircuitBreaker) -> Call:
    async def call() -> int:
        async with breaker.permission():
            return await answer()

    return call


def ways_of_ours() -> dict[str, Call]:
    return {
        "ours, decorated, COUNT_BASED": ours("COUNT_BASED")(answer),
        "ours, decorated, TIME_BASED": ours("TIME_BASED")(answer),
        "ours, acquire_permission and on_success": by_low_level(ours("COUNT_BASED")),
        "ours, async with permission()": by_block(ours("COUNT_BASED")),
    }


def ways_of_peers() -> dict[str, Call]:
    """Each as its documentation shows it, decorated, windows and slow calls as ours."""
    import fluxgate
    import interlock
    import nopanic
    import pyresilience
    from fluxgate.trippers import FailureRate, MinRequests, SlowRate

    flux = fluxgate.AsyncCircuitBreaker(
        window=fluxgate.windows.CountWindow(100),
        tripper=MinRequests(10) & (FailureRate(0.5) | SlowRate(1.0, threshold=1.0)),
    )
    lock = interlock.CircuitBreaker(
        name="capsule", config=interlock.Config(slow_call_duration_threshold=1.0, window_size=100)
    )
    panic = nopanic.CircuitBreaker(min_calls=10, window=30.0, slow_call_duration=1.0)
    resilient = pyresilience.resilient(
        circuit_breaker=pyresilience.CircuitBreakerConfig(
            sliding_window_size=100, minimum_calls=10, slow_call_duration=1.0
        )
    )
    return {
        "fluxgate, count window": flux(answer),
        "interlock-cb, count window": lock(answer),
        "nopanic, time window": panic(answer),
        "pyresilience, count window": resilient(answer),
    }


async def measure(ways: dict[str, Call]) -> dict[str, list[float]]:
    """Microseconds a call, one figure a round; the rounds take turns so that a busy machine hits all alike."""
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, call in ways.items():
            started = time.perf_counter()
            for _ in range(CALLS):
                await call()
            figures[name].append((time.perf_counter() - started) / CALLS * 1e6)
    return figures


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("peers")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), *PEERS],
        check=True, timeout=300,
    )  # fmt: skip
    sys.path.append(str(folder))
    yield
    sys.path.remove(str(folder))


def test_a_permitted_call_is_within_its_budget_and_ahead_of_the_peers(peers: None) -> None:
    figures = asyncio.run(measure({"a bare call": answer, **ways_of_ours(), **ways_of_peers()}))
    best = {name: min(each) for name, each in figures.items()}
    reference = best["ours, decorated, COUNT_BASED"]
    print(f"\n{'':42} {'best µs':>8} {'median µs':>10} {'× ours':>7}")
    for name, each in figures.items():
        print(f"{name:42} {best[name]:8.2f} {statistics.median(each):10.2f} {best[name] / reference:7.1f}")
    for name in ways_of_ours():
        assert best[name] <= BUDGET_US, f"{name} takes {best[name]:.2f} µs"
