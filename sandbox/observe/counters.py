"""Exact counts of facts by kind, source and the labels worth counting; cheap enough for every fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["LABELS", "Counters"]

LABELS: dict[str, tuple[str, ...]] = {
    "ComponentStateChanged": ("component", "state"),
    "RecordProduced": ("topic",),
    "RecordConsumed": ("group", "topic", "outcome"),
    "RetryScheduled": ("group", "topic", "category"),
    "DlqRecordWritten": ("group", "topic", "category"),
    "DlqRecordReplayed": ("topic",),
    "DlqStatusChanged": ("topic", "status"),
    "DlqReplayFinished": ("topic", "outcome"),
    "SchemaRegistered": ("subject",),
    "RequestServed": ("method", "route", "status_class"),
    "DownstreamCalled": ("target", "status_class"),
    "BreakerTransitioned": ("breaker", "from_state", "to_state"),
    "CallNotPermitted": ("breaker",),
    "FallbackUsed": ("breaker",),
    "PlanStepFinished": ("outcome",),
    "PlanFinished": ("outcome",),
    "WebSocketMessageSent": ("type",),
    "FaultApplied": ("fault",),
    "StepFinished": ("outcome",),
    "ScenarioFinished": ("scenario", "outcome"),
}
"""Kind → members that are counted apart. `status_class` is `2xx`…, or `none` when no answer came."""

OTHER = "(other)"

_Key = tuple[str, str, tuple[str, ...]]


class Counters:
    """Counts per (kind, source, labels). Every other count is a sum of these, so that all of them agree.

    At most `limit_keys` combinations are told apart; further ones are counted with the labels `(other)`.
    """

    def __init__(self, limit_keys: int = 5_000) -> None:
        self._limit_keys = limit_keys
        self._counts: dict[_Key, int] = {}
        self.total = 0
        self.lost = 0

    def add(self, fact: Mapping[str, Any]) -> None:
        kind = fact["kind"]
        names = LABELS.get(kind, ())
        key: _Key = (kind, fact["source"], tuple(_label(fact, name) for name in names))
        counts = self._counts
        if key not in counts and len(counts) >= self._limit_keys:
            key = (kind, OTHER, (OTHER,) * len(names))
        counts[key] = counts.get(key, 0) + 1
        self.total += 1
        if kind == "FactsLost":
            self.lost += int(fact.get("count", 0))

    def count(self, kind: str | None = None, source: str | None = None, **labels: str) -> int:
        """How many facts of this kind, from this source, with these labels; what is not given is summed over.

        A label that the kind does not have counts nothing.
        """
        return sum(number for key, number in self._counts.items() if _matches(key, kind, source, labels))

    def rows(self) -> Iterator[dict[str, Any]]:
        """`{"kind", "source", "labels": {…}, "count"}` for each combination that occurred."""
        for (kind, source, values), number in sorted(self._counts.items()):
            labels = dict(zip(LABELS.get(kind, ()), values, strict=True))
            yield {"kind": kind, "source": source, "labels": labels, "count": number}

    def to_json(self) -> dict[str, Any]:
        """`{"total", "lost", "kinds": {kind: n}, "rows": […]}`; `lost` facts never reached the journal."""
        kinds: dict[str, int] = {}
        for (kind, _, _), number in self._counts.items():
            kinds[kind] = kinds.get(kind, 0) + number
        return {"total": self.total, "lost": self.lost, "kinds": kinds, "rows": list(self.rows())}


def _label(fact: Mapping[str, Any], name: str) -> str:
    if name == "status_class":
        status = fact.get("status")
        return f"{status // 100}xx" if isinstance(status, int) else "none"
    value = fact.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _matches(key: _Key, kind: str | None, source: str | None, labels: Mapping[str, str]) -> bool:
    if (kind is not None and key[0] != kind) or (source is not None and key[1] != source):
        return False
    names = LABELS.get(key[0], ())
    return all(name in names and key[2][names.index(name)] == value for name, value in labels.items())
