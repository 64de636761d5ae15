"""The outcomes of the last N calls."""

from __future__ import annotations

from sandbox.clock import Clock

__all__ = ["CountWindow"]

_EMPTY = 0
_RECORDED, _FAILED, _SLOW, _SLOW_FAILED = 1, 2, 4, 8


class CountWindow:
    """A ring of `size` outcomes and their totals (`FixedSizeSlidingWindowMetrics`). O(1) time, one byte a call.

    `size` 0, which the states that measure nothing have, keeps no outcome but still counts what is recorded late
    (after `DISABLED` → `OPEN`, say), as the original's totals do before its division by zero.
    """

    __slots__ = ("_head", "_ring", "_size", "calls", "failed", "slow", "slow_failed")

    def __init__(self, size: int, clock: Clock | None = None) -> None:
        self._size = size
        self._ring = bytearray(size)
        self._head = 0
        self.calls = self.failed = self.slow = self.slow_failed = 0

    def record(self, failed: bool, slow: bool) -> None:
        outcome = _RECORDED
        self.calls += 1
        if failed:
            outcome |= _FAILED
            self.failed += 1
        if slow:
            outcome |= _SLOW
            self.slow += 1
            if failed:
                outcome |= _SLOW_FAILED
                self.slow_failed += 1
        if not self._size:
            return
        head = self._head
        oldest = self._ring[head]
        self._ring[head] = outcome
        head += 1
        self._head = head if head < self._size else 0
        if oldest:
            self._forget(oldest)

    def _forget(self, outcome: int) -> None:
        self.calls -= 1
        if outcome != _RECORDED:
            if outcome & _FAILED:
                self.failed -= 1
            if outcome & _SLOW:
                self.slow -= 1
            if outcome & _SLOW_FAILED:
                self.slow_failed -= 1

    def refresh(self) -> None:
        """Nothing to do: calls leave only as others come."""
