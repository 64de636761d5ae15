"""The outcomes of the calls of the last N seconds."""

from __future__ import annotations

from sandbox.clock import NANOS, Clock

__all__ = ["TimeWindow"]

_NANOS_PER_MS = 1_000_000


class TimeWindow:
    """One bucket a second, the current one included, and their totals (`SlidingTimeWindowMetrics`).

    Seconds begin where the epoch's do when the window is made, and pass with the clock from then on: neither a
    jump of wall time nor a change of speed moves a bucket.
    """

    __slots__ = ("_buckets", "_clock", "_offset_ns", "_second", "_size", "calls", "failed", "slow", "slow_failed")

    def __init__(self, size_s: int, clock: Clock) -> None:
        self._clock = clock
        self._size = size_s
        passed_ms = clock.monotonic_ns() // _NANOS_PER_MS
        self._offset_ns = (clock.now_ms() - passed_ms) * _NANOS_PER_MS
        self._second = (clock.monotonic_ns() + self._offset_ns) // NANOS
        # Each bucket is [calls, failed, slow, slow and failed].
        self._buckets = [[0, 0, 0, 0] for _ in range(size_s)]
        self.calls = self.failed = self.slow = self.slow_failed = 0

    def record(self, failed: bool, slow: bool) -> None:
        second = (self._clock.monotonic_ns() + self._offset_ns) // NANOS
        if second != self._second:
            self._move_to(second)
        bucket = self._buckets[second % self._size]
        bucket[0] += 1
        self.calls += 1
        if failed or slow:
            both = failed and slow
            bucket[1] += failed
            bucket[2] += slow
            bucket[3] += both
            self.failed += failed
            self.slow += slow
            self.slow_failed += both

    def refresh(self) -> None:
        """Let go of the seconds that have left the window."""
        second = (self._clock.monotonic_ns() + self._offset_ns) // NANOS
        if second != self._second:
            self._move_to(second)

    def _move_to(self, second: int) -> None:
        for each in range(max(self._second + 1, second - self._size + 1), second + 1):
            bucket = self._buckets[each % self._size]
            self.calls -= bucket[0]
            self.failed -= bucket[1]
            self.slow -= bucket[2]
            self.slow_failed -= bucket[3]
            bucket[:] = (0, 0, 0, 0)
        self._second = second
