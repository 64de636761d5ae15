"""How the services answer, from the facts: exact counts, and how long it took lately."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.observe.journal import Journal

__all__ = ["RequestMeter"]

SLOT_MS = 5_000
SLOTS = 12
STEPS_PER_E = 20
"""Times are told apart by 5 %: steps of e^(1/20)."""
LEAST_MS = 0.01
APART = "/actuator"
"""Health checks and metrics are nobody's traffic."""


@dataclass(slots=True)
class _Slot:
    """Requests that ended within one stretch of five seconds, by step of their time."""

    number: int
    steps: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Service:
    total: int = 0
    errors: int = 0
    refused: int = 0
    slots: deque[_Slot] = field(default_factory=lambda: deque(maxlen=SLOTS))


class RequestMeter:
    """Follows `journal`. A minute of times is kept, each to within 5 %."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._clock = clock
        self._services: dict[str, _Service] = {}
        journal.follow(self._take)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """`{service: {"total", "errors", "refused", "p95_ms"}}`; `p95_ms` is null when the last minute brought none."""
        return {
            name: {
                "total": each.total,
                "errors": each.errors,
                "refused": each.refused,
                "p95_ms": self._percentile(each, 0.95),
            }
            for name, each in self._services.items()
        }

    def _take(self, fact: Mapping[str, Any]) -> None:
        if fact["kind"] != "RequestServed" or fact["route"].startswith(APART):
            return
        service = self._services.get(fact["source"])
        if service is None:
            service = self._services[fact["source"]] = _Service()
        service.total += 1
        service.errors += fact["status"] >= 500
        service.refused += 400 <= fact["status"] < 500
        number = self._clock.now_ms() // SLOT_MS
        slots = service.slots
        if not slots or slots[-1].number != number:
            slots.append(_Slot(number))
        step = round(math.log(max(LEAST_MS, fact["took_ms"])) * STEPS_PER_E)
        steps = slots[-1].steps
        steps[step] = steps.get(step, 0) + 1

    def _percentile(self, service: _Service, part: float) -> float | None:
        oldest = self._clock.now_ms() // SLOT_MS - SLOTS
        steps: dict[int, int] = {}
        for slot in service.slots:
            if slot.number > oldest:
                for step, count in slot.steps.items():
                    steps[step] = steps.get(step, 0) + count
        left = math.ceil(sum(steps.values()) * part)
        for step in sorted(steps):
            left -= steps[step]
            if left <= 0:
                return round(math.exp(step / STEPS_PER_E), 2)
        return None
