"""Bounded memory of what was measured: the rate of a counter, look by look."""

from __future__ import annotations

from collections import deque

__all__ = ["RateSeries"]


class RateSeries:
    """Rates per second of a counter that only grows. A counter that went back began anew and gives no rate then.

    Two looks with a pause of less than `MIN_S` give one rate; the last `size` rates are kept.
    """

    MIN_S = 0.2

    def __init__(self, size: int = 120) -> None:
        self._rates: deque[float] = deque(maxlen=size)
        self._last: tuple[int, int] | None = None

    def add(self, at_ms: int, count: int) -> None:
        if self._last is None:
            self._last = (at_ms, count)
            return
        last_ms, last_count = self._last
        passed_s = (at_ms - last_ms) / 1000
        if count < last_count or passed_s < 0:
            self._last = (at_ms, count)
        elif passed_s >= self.MIN_S:
            self._rates.append((count - last_count) / passed_s)
            self._last = (at_ms, count)

    def rate(self, looks: int = 4) -> float:
        """The mean of the last few looks: a number that can be read while it changes."""
        last = list(self._rates)[-looks:]
        return sum(last) / len(last) if last else 0.0

    @property
    def rates(self) -> tuple[float, ...]:
        """Oldest first."""
        return tuple(self._rates)
