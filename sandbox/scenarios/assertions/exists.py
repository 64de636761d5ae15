from __future__ import annotations

from typing import Any

from sandbox.scenarios.assertions.assertion import MISSING, Assertion, show
from sandbox.scenarios.model.bad_value import BadValue


class Exists(Assertion):
    """`exists: true`: something is there (null counts); `exists: false`: nothing is."""

    word = "exists"
    operand_schema = {"type": "boolean"}

    def __init__(self, operand: Any) -> None:
        super().__init__(operand)
        if not isinstance(operand, bool):
            raise BadValue(f"`exists` takes true or false, found {show(operand)}")

    def holds(self, actual: Any) -> bool:
        return (actual is not MISSING and actual != []) is self.operand

    def describe(self) -> str:
        return "something" if self.operand else "nothing"
