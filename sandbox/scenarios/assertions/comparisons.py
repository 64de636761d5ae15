"""`gte`, `lte`, `gt` and `lt`: one class each, since they differ by one operator and one sign."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, ClassVar

from sandbox.scenarios.assertions.assertion import Assertion, is_number, show


class Comparison(Assertion):
    """Both sides are numbers, or both texts (ISO-8601 instants compare as texts)."""

    sign: ClassVar[str]
    compare: ClassVar[Callable[[Any, Any], bool]]
    operand_schema = {"type": ["number", "string"]}

    def __init__(self, operand: Any) -> None:
        super().__init__(operand)
        if not isinstance(operand, str):
            self._needs_number()

    def holds(self, actual: Any) -> bool:
        comparable = is_number(actual) if is_number(self.operand) else isinstance(actual, str)
        return comparable and type(self).compare(actual, self.operand)

    def describe(self) -> str:
        return f"{self.sign} {show(self.operand)}"


class Gte(Comparison):
    """At least this number, or this text in order."""

    word = "gte"
    sign = "≥"
    compare = operator.ge


class Gt(Comparison):
    """More than this number, or after this text."""

    word = "gt"
    sign = ">"
    compare = operator.gt


class Lte(Comparison):
    """At most this number, or this text in order."""

    word = "lte"
    sign = "≤"
    compare = operator.le

    def out_of_reach(self, count: int) -> bool:
        return not self.holds(count)


class Lt(Lte):
    """Less than this number, or before this text."""

    word = "lt"
    sign = "<"
    compare = operator.lt
