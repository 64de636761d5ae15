"""The outcomes that come in late, in states that measure nothing."""

from __future__ import annotations

__all__ = ["LateCalls"]


class LateCalls:
    """Totals without a window, for DISABLED and FORCED_OPEN and an OPEN that follows them.

    Resilience4j has a window of size 0 there, whose totals count an outcome before it divides by zero; ours counts.
    """

    __slots__ = ("calls", "failed", "slow", "slow_failed")

    def __init__(self) -> None:
        self.calls = self.failed = self.slow = self.slow_failed = 0

    def record(self, failed: bool, slow: bool) -> None:
        self.calls += 1
        self.failed += failed
        self.slow += slow
        self.slow_failed += failed and slow

    def refresh(self) -> None:
        """Nothing to do: nothing leaves."""
