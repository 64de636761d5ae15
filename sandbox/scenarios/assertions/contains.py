from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.scenarios.assertions.assertion import Assertion, same


class Contains(Assertion):
    """A text holds a text, a list an item, a mapping these members. A list as operand: each of its items is there.

    An item that is a mapping is found when it has at least the members given.
    """

    word = "contains"

    def holds(self, actual: Any) -> bool:
        wanted = self.operand if isinstance(self.operand, list) else [self.operand]
        return all(_has(actual, each) for each in wanted)


def _has(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, str):
        return isinstance(wanted, str) and wanted in actual
    if isinstance(actual, list | tuple):
        return any(_covers(item, wanted) for item in actual)
    return isinstance(actual, Mapping) and _covers(actual, wanted)


def _covers(item: Any, wanted: Any) -> bool:
    if isinstance(item, Mapping) and isinstance(wanted, Mapping):
        return all(name in item and _covers(item[name], value) for name, value in wanted.items())
    return same(item, wanted)
