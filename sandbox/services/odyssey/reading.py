"""What one fast-path event says about an entity, and whether it is reason for the reflex."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.dead_letter import FailureCategory, RecordFailure
from sandbox.contracts.node_id import NODE_ID_MESSAGE, RimNodeId
from sandbox.services.http.fields import FIRST_MS, LAST_MS

__all__ = ["ALERT_STRESS", "Reading", "node_id_of"]

ALERT_STRESS = 0.8
DAY_MS = 86_400_000
_STRESS_OF_STATUS = {"ALERT": 0.9, "WARN": 0.6, "OK": 0.1}


@dataclass(frozen=True, slots=True)
class Reading:
    """`stress` is 0–1, None when the event names none; `at_ms` is when it happened, epoch milliseconds."""

    node_id: str
    event_id: str | None
    at_ms: int
    status: str
    stress: float | None
    metrics: Mapping[str, float]
    price: float | None = None
    volume: float | None = None

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Reading:
        """Read a RimFastEvent. Raises RecordFailure VALIDATION for a node id or a stress that cannot be one."""
        metrics = dict(value.get("critical_metrics") or {})
        stress = value.get("stress")
        stress = metrics.get("stress") if stress is None else stress
        if stress is not None and not math.isfinite(stress):
            raise RecordFailure(FailureCategory.VALIDATION, f"stress must be a finite number, not {stress}")
        return cls(
            node_id=node_id_of(value, "rim_node_id"),
            event_id=value.get("event_id"),
            at_ms=_moment(value),
            status=value.get("status") or "UNKNOWN",
            stress=None if stress is None else min(1.0, max(0.0, stress)),
            metrics={name: number for name, number in metrics.items() if math.isfinite(number)},
            price=_finite(value.get("price")),
            volume=_finite(value.get("volume")),
        )

    @property
    def is_alert(self) -> bool:
        """Status ALERT, or stress of at least 0.8: ODYSSEY reacts."""
        return self.status == "ALERT" or (self.stress is not None and self.stress >= ALERT_STRESS)

    @property
    def stress_score(self) -> float | None:
        """The stress, or what the status stands for; None when the event says neither."""
        return self.stress if self.stress is not None else _STRESS_OF_STATUS.get(self.status)


def node_id_of(value: Mapping[str, Any], field: str) -> str:
    """A RimNodeId of a record. Raises RecordFailure VALIDATION with the seed's message."""
    text = value.get(field)
    if not RimNodeId.is_valid(text):
        raise RecordFailure(FailureCategory.VALIDATION, f"{field} {text!r} {NODE_ID_MESSAGE}")
    return str(text)


def _moment(value: Mapping[str, Any]) -> int:
    """When the event happened; the older flat form has `timestamp` in place of the vector."""
    vector = value.get("vector_timestamp") or {"event_ts_ms": value.get("timestamp")}
    at_ms = vector.get("event_ts_ms")
    if not isinstance(at_ms, int) or not FIRST_MS + DAY_MS <= at_ms <= LAST_MS:
        raise RecordFailure(FailureCategory.VALIDATION, f"vector_timestamp.event_ts_ms {at_ms!r} is no instant")
    return at_ms


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
