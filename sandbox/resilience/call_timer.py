"""How many calls there were and how long they took: Micrometer's `Timer` as Prometheus shows it."""

from __future__ import annotations

from sandbox.clock import NANOS, Clock

__all__ = ["CallTimer"]

_SLOTS = 3
_SLOT_NS = 40 * NANOS


class CallTimer:
    """Count and sum since the start; the maximum of the last two minutes, which ages in steps of 40 s."""

    __slots__ = ("_clock", "_slot", "_slots_ns", "count", "total_ns")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slot = clock.monotonic_ns() // _SLOT_NS
        self._slots_ns = [0] * _SLOTS
        self.count = 0
        self.total_ns = 0

    def record(self, duration_ns: int) -> None:
        self.count += 1
        self.total_ns += duration_ns
        self._age()
        slot = self._slot % _SLOTS
        self._slots_ns[slot] = max(self._slots_ns[slot], duration_ns)

    @property
    def max_ns(self) -> int:
        self._age()
        return max(self._slots_ns)

    def _age(self) -> None:
        slot = self._clock.monotonic_ns() // _SLOT_NS
        for passed in range(max(self._slot + 1, slot - _SLOTS + 1), slot + 1):
            self._slots_ns[passed % _SLOTS] = 0
        self._slot = slot
