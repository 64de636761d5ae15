from __future__ import annotations

from typing import Any

from sandbox.scenarios.assertions.assertion import Assertion, is_number, same, show


class Equals(Assertion):
    """The same JSON value. A bare value in a scenario means this."""

    word = "equals"

    def holds(self, actual: Any) -> bool:
        return same(actual, self.operand)

    def describe(self) -> str:
        return show(self.operand)

    def out_of_reach(self, count: int) -> bool:
        return not is_number(self.operand) or count > self.operand
