"""CPU and wall time of this process, for each of many."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["Cost", "Stopwatch"]


@dataclass(frozen=True, slots=True)
class Cost:
    cpu_us: float
    """Of this process for each record."""
    wall_us: float


class Stopwatch:
    def __init__(self) -> None:
        self._cpu_s, self._wall_s = time.process_time(), time.perf_counter()

    def cost(self, records: int) -> Cost:
        cpu_s, wall_s = time.process_time() - self._cpu_s, time.perf_counter() - self._wall_s
        return Cost(cpu_s / records * 1e6, wall_s / records * 1e6)
