"""The outcomes of the last N calls."""

from __future__ import annotations

__all__ = ["CountWindow"]

_FAILED, _SLOW = 1, 2


class CountWindow:
    """A ring of `size` outcomes and their totals (`FixedSizeSlidingWindowMetrics`). O(1) time, one byte a call."""

    __slots__ = ("_head", "_ring", "_size", "calls", "failed", "slow", "slow_failed")

    def __init__(self, size: int) -> None:
        self._size = size
        self._ring = bytearray(size)
        self._head = 0
        self.calls = self.failed = self.slow = self.slow_failed = 0

    def record(self, failed: bool, slow: bool) -> None:
        head = self._head
        if self.calls < self._size:
            self.calls += 1
        elif self._ring[head]:
            self._forget(self._ring[head])
        self._ring[head] = self._remember(failed, slow) if failed or slow else 0
        head += 1
        self._head = head if head < self._size else 0

    def refresh(self) -> None:
        """Nothing to do: calls leave only as others come."""

    def _remember(self, failed: bool, slow: bool) -> int:
        self.failed += failed
        self.slow += slow
        self.slow_failed += failed and slow
        return (_FAILED if failed else 0) | (_SLOW if slow else 0)

    def _forget(self, outcome: int) -> None:
        failed, slow = outcome & _FAILED != 0, outcome & _SLOW != 0
        self.failed -= failed
        self.slow -= slow
        self.slow_failed -= failed and slow
