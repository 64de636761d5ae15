"""Dead letters as the page lists them, and the groups that they fall into. Knows nothing of screens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.instants import parse_instant

__all__ = ["OPEN", "Group", "Letter", "fitting", "groups_of", "selected"]

OPEN = ("PENDING", "RETRYING", "DEAD")
"""Letters that somebody may still want to do something about."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One row. `topic` is the original one."""

    id: str
    topic: str
    status: str
    category: str
    error_type: str
    error: str
    key: str
    group: str
    retries: int
    replays: int
    at_ms: int
    place: str
    note: str
    problem: str

    @classmethod
    def of(cls, topic: str, row: Mapping[str, Any]) -> Letter:
        return cls(
            id=row["id"],
            topic=topic,
            status=row["status"],
            category=row["failureCategory"],
            error_type=str(row.get("errorType") or "").rpartition(".")[2],
            error=row.get("errorMessage") or "",
            key=row.get("key") or "",
            group=row.get("consumerGroupId") or "",
            retries=row.get("retryCount") or 0,
            replays=row.get("replays") or 0,
            at_ms=parse_instant(row["dlqTimestamp"]) if row.get("dlqTimestamp") else 0,
            place=f"{row.get('originalTopic', topic)}-{row.get('partition', '?')}@{row.get('offset', '?')}",
            note=row.get("note") or "",
            problem=row.get("problem") or "",
        )

    @property
    def path(self) -> tuple[str, str, str]:
        """Topic, category and error: the innermost group that it is in."""
        return self.topic, self.category, self.error_type

    def has(self, words: Sequence[str]) -> bool:
        text = " ".join(
            (self.topic, self.key, self.group, self.status, self.category, self.error_type, self.error, self.id)
        ).lower()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Group:
    """`path` is () for all of them, (topic,), (topic, category) or (topic, category, error type)."""

    path: tuple[str, ...]
    pending: int
    total: int

    @property
    def title(self) -> str:
        return self.path[-1] if self.path else "all topics"


def groups_of(letters: Iterable[Letter]) -> list[Group]:
    """All, then each topic with its categories with their errors; what has most pending first."""
    totals: Counter[tuple[str, ...]] = Counter()
    pending: Counter[tuple[str, ...]] = Counter()
    for letter in letters:
        for depth in range(4):
            totals[letter.path[:depth]] += 1
            pending[letter.path[:depth]] += letter.status == "PENDING"
    if not totals:
        return []
    ranks = {path: (-pending[path], path) for path in totals}
    ordered = sorted(totals, key=lambda path: [ranks[path[:depth]] for depth in range(1, len(path) + 1)])
    return [Group(path, pending[path], totals[path]) for path in ordered]


def selected(letters: Iterable[Letter], path: tuple[str, ...]) -> list[Letter]:
    """Those of a group, the newest first."""
    found = [letter for letter in letters if letter.path[: len(path)] == path]
    return sorted(found, key=lambda letter: (-letter.at_ms, letter.id))


def fitting(letters: Iterable[Letter], text: str, *, only_open: bool) -> list[Letter]:
    """Those that have each word of a filter."""
    words = text.lower().split()
    return [each for each in letters if (not only_open or each.status in OPEN) and each.has(words)]
