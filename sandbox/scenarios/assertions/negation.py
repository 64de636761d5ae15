from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.scenarios.assertions.assertion import Assertion, show
from sandbox.scenarios.model.bad_value import BadValue, nearest


class Not(Assertion):
    """Does not equal this value; or with words of the vocabulary, not all of them hold: `not: {contains: x}`."""

    word = "not"

    def __init__(self, operand: Any) -> None:
        from sandbox.scenarios.assertions import ASSERTIONS

        super().__init__(operand)
        words = operand if isinstance(operand, Mapping) else {"equals": operand}
        if not words:
            raise BadValue("`not` needs a value or a predicate", hint="to compare with an empty object: {equals: {}}")
        for word in words:
            if word not in ASSERTIONS:
                close = nearest(str(word), ASSERTIONS)
                hint = f"did you mean {close!r}?" if close else "to compare with an object write not: {equals: {…}}"
                raise BadValue(f"unknown predicate {word!r} in `not`", hint=hint)
        self._inner = tuple(ASSERTIONS[word](each) for word, each in words.items())

    def holds(self, actual: Any) -> bool:
        return not all(each.holds(actual) for each in self._inner)

    def describe(self) -> str:
        if not isinstance(self.operand, Mapping):
            return f"not {show(self.operand)}"
        return f"not {' and '.join(each.describe() for each in self._inner)}"
