from __future__ import annotations

from typing import Any

from sandbox.scenarios.assertions.assertion import Assertion, is_number, show
from sandbox.scenarios.model.bad_value import BadValue


class Between(Assertion):
    """`between: [low, high]`, both ends included."""

    word = "between"
    operand_schema = {"type": "array", "minItems": 2, "maxItems": 2}

    def __init__(self, operand: Any) -> None:
        super().__init__(operand)
        if not isinstance(operand, list | tuple) or len(operand) != 2 or not all(map(is_number, operand)):
            raise BadValue(f"`between` takes two numbers, [low, high], found {show(operand)}")

    def holds(self, actual: Any) -> bool:
        return is_number(actual) and self.operand[0] <= actual <= self.operand[1]

    def describe(self) -> str:
        return f"between {show(self.operand[0])} and {show(self.operand[1])}"

    def out_of_reach(self, count: int) -> bool:
        return count > self.operand[1]
