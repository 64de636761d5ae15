from __future__ import annotations

from typing import Any

from sandbox.scenarios.assertions.assertion import Assertion, is_number, same, show
from sandbox.scenarios.model.bad_value import BadValue


class In(Assertion):
    """One of a list of values."""

    word = "in"
    operand_schema = {"type": "array"}

    def __init__(self, operand: Any) -> None:
        super().__init__(operand)
        if not isinstance(operand, list | tuple):
            raise BadValue(f"`in` takes a list, found {show(operand)}")

    def holds(self, actual: Any) -> bool:
        return any(same(actual, each) for each in self.operand)

    def describe(self) -> str:
        return f"one of {', '.join(show(each) for each in self.operand)}"

    def out_of_reach(self, count: int) -> bool:
        return all(not is_number(each) or count > each for each in self.operand)
