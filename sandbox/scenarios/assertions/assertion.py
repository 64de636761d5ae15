"""What every word of the predicate vocabulary is, and how values compare: as JSON, where `true` is not 1."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.scenarios.model.bad_value import BadValue

__all__ = ["MISSING", "Assertion", "Missing", "is_number", "same", "show"]

SHOWN_CHARS = 300


class Missing:
    """What a selection gives where there is nothing."""

    def __repr__(self) -> str:
        return "nothing"

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class Assertion(ABC):
    """One word with its operand: `gte: 3`. `operand_schema` is the operand's JSON Schema."""

    word: ClassVar[str]
    operand_schema: ClassVar[dict[str, Any]] = {}

    def __init__(self, operand: Any) -> None:
        """Raises BadValue when the word cannot take this operand."""
        self.operand = operand

    @abstractmethod
    def holds(self, actual: Any) -> bool:
        """Whether it is true of `actual`, which is `MISSING` when nothing was selected. Never raises."""

    def describe(self) -> str:
        """The words that a failure shows as expected."""
        return f"{self.word} {show(self.operand)}"

    def out_of_reach(self, count: int) -> bool:
        """Whether a count that can only grow, and is `count` now, can never satisfy this any more."""
        return False

    def _needs_number(self) -> None:
        if not is_number(self.operand):
            raise BadValue(f"`{self.word}` compares with a number, found {show(self.operand)}")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, `true` is not 1, order of members does not matter."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(value, right[name]) for name, value in left.items())
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def show(value: Any) -> str:
    """A value as a failure shows it: text bare, the rest as JSON, cut at 300 characters."""
    if isinstance(value, Missing):
        return "nothing"
    if isinstance(value, str):
        text = value if value and value.strip() == value else json.dumps(value, ensure_ascii=False)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"
