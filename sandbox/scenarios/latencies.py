"""How long many calls took, in bounded memory: counts by classes of which each is 1 % wider than the one before."""

from __future__ import annotations

import math

__all__ = ["Latencies"]

_WIDTH = math.log(1.01)
LEAST_MS = 0.001


class Latencies:
    """Percentiles are exact within 1 %, the maximum is exact."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.max_ms = 0.0

    def add(self, took_ms: float) -> None:
        place = round(math.log(max(took_ms, LEAST_MS)) / _WIDTH)
        self._counts[place] = self._counts.get(place, 0) + 1
        self.count += 1
        self.max_ms = max(self.max_ms, took_ms)

    def percentile_ms(self, percent: float) -> float | None:
        """The time within which so many percent were done; None without any."""
        wanted, passed = self.count * percent / 100, 0
        for place in sorted(self._counts):
            passed += self._counts[place]
            if passed >= wanted:
                return min(self.max_ms, math.exp(place * _WIDTH))
        return None
