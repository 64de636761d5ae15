"""Whether records come in an order: what Kafka promises within a partition, and nowhere else."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.scenarios.assertions.assertion import is_number, show
from sandbox.scenarios.model.selection import RecordSelector, Selector
from sandbox.scenarios.model.strict import Strict
from sandbox.scenarios.ports import Seen
from sandbox.scenarios.records import observed

__all__ = ["Order", "OrderCheck"]


class Order(Strict):
    """What must not fall from one record to the next, and among which records."""

    of: RecordSelector
    """A number, or a text that orders like one: a JSONPath into the value, or a part of the record."""
    per: RecordSelector = Field(default=Selector("key"))
    """Records are compared with those that have the same: `key` (an entity; when left out), `partition`, `topic` (all
    of them), or a JSONPath."""

    @classmethod
    def describe_kind(cls) -> str:
        return "`order`"

    def describe(self) -> str:
        return f"in the order of {self.of.text} per {self.per.text}"


class OrderCheck:
    """Takes records as they come; `broken` says where the order broke first."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._last: dict[str, tuple[Any, Seen]] = {}
        self.broken: str | None = None

    def describe(self) -> str:
        return self._order.describe()

    def take(self, seen: Seen) -> None:
        if self.broken is not None:
            return
        sight = observed(seen)
        group, value = self._order.per.pick(sight), self._order.of.pick(sight)
        who = f"{self._order.per.text} {show(group)}"
        before = self._last.get(show(group))
        self._last[show(group)] = (value, seen)
        if not (is_number(value) or isinstance(value, str)):
            self.broken = f"{seen.record.position} cannot be ordered: its {self._order.of.text} is {show(value)}"
        elif before is not None:
            self.broken = self._compare(who, before, value, seen)

    def _compare(self, who: str, before: tuple[Any, Seen], value: Any, seen: Seen) -> str | None:
        last, place = before
        if place.record.partition != seen.record.partition:
            return f"{who} is on several partitions: {place.record.position} and {seen.record.position}"
        if is_number(last) != is_number(value) or last > value:
            return f"{who}: {seen.record.position} has {show(value)} after {show(last)}"
        return None
