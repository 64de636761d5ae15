"""The sandbox's clock: every window, backoff and schedule reads time here, so that tests never sleep.

`SystemClock` is real time, optionally run faster (`speed=20` makes a 30 s breaker wait last 1.5 s). `ManualClock` is
the documented test mode: time stands still until `advance` moves it, and sleepers wake in the order of their deadlines.
Token expiry, `X-RateLimit-Reset` and the broker stay on wall time and do not ask this clock.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock"]

NANOS = 1_000_000_000


class Clock(Protocol):
    """Where time comes from."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never goes back."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, as the sandbox sees it."""

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` seconds of this clock."""


class SystemClock:
    """Real time, `speed` times as fast. A change of speed keeps what has passed."""

    def __init__(self, speed: float = 1.0) -> None:
        self._start_ns = self._base_ns = time.monotonic_ns()
        self._base_wall_ms = time.time_ns() // 1_000_000
        self._speed = 1.0
        self.set_speed(speed)

    @property
    def speed(self) -> float:
        return self._speed

    def set_speed(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError("speed must be positive")
        self._base_ns, self._start_ns = self.monotonic_ns(), time.monotonic_ns()
        self._speed = speed

    def monotonic_ns(self) -> int:
        passed_ns = time.monotonic_ns() - self._start_ns
        return self._base_ns + (passed_ns if self._speed == 1.0 else int(passed_ns * self._speed))

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s / self._speed)


class ManualClock:
    """Time that stands still until a test moves it."""

    def __init__(self, start_ms: int = 1_733_220_000_000) -> None:
        self._wall_start_ms = start_ms
        self._passed_ns = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def monotonic_ns(self) -> int:
        return self._passed_ns

    def now_ms(self) -> int:
        return self._wall_start_ms + self._passed_ns // 1_000_000

    async def sleep(self, delay_s: float) -> None:
        if delay_s <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed_ns + round(delay_s * NANOS), next(self._order), woken))
        await woken

    def tick(self, delay_s: float) -> None:
        """Move time by `delay_s` seconds without letting sleepers run (for code that does not wait)."""
        self._passed_ns += round(delay_s * NANOS)

    async def advance(self, delay_s: float) -> None:
        """Move time by `delay_s` seconds, waking every sleeper whose deadline is reached, in order."""
        target_ns = self._passed_ns + round(delay_s * NANOS)
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= target_ns:
            deadline_ns, _, woken = heapq.heappop(self._sleepers)
            self._passed_ns = max(self._passed_ns, deadline_ns)
            if not woken.done():
                woken.set_result(None)
            await self._settle()
        self._passed_ns = target_ns

    @staticmethod
    async def _settle() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
