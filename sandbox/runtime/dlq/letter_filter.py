"""Which dead letters are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["LetterFilter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """All that is given must hold; a tuple takes any of its members, an empty one takes all.

    `from_ms` and `to_ms` bound the time of the dead letter, both included. Tenant `default` also takes letters of
    records without one.
    """

    ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    tenant: str | None = None
    key: str | None = None
    group: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None

    def condition(self, dlq_topic: str | None) -> tuple[str, list[Any]]:
        """An SQL condition on the table `letters`, and its values."""
        terms, values = ["1"], []
        if dlq_topic is not None:
            terms.append("dlq_topic = ?")
            values.append(dlq_topic)
        for column, members in (("id", self.ids), ("category", self.categories), ("status", self.statuses)):
            if members:
                terms.append(f"{column} IN ({', '.join('?' * len(members))})")
                values.extend(members)
        for term, value in (
            ("coalesce(tenant, 'default') = ?", self.tenant),
            ("key = ?", self.key),
            ("consumer_group = ?", self.group),
            ("written_ms >= ?", self.from_ms),
            ("written_ms <= ?", self.to_ms),
        ):
            if value is not None:
                terms.append(term)
                values.append(value)
        return " AND ".join(terms), values

    def to_json(self) -> dict[str, Any]:
        """What is given, and nothing else."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LetterFilter:
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in data.items()})
