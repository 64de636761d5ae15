from __future__ import annotations

import re
from typing import Any

from sandbox.scenarios.assertions.assertion import Assertion, show
from sandbox.scenarios.model.bad_value import BadValue

TEXT_LIMIT_CHARS = 20_000


class Matches(Assertion):
    """A regular expression found anywhere in the text; `^` and `$` tie it to the ends."""

    word = "matches"
    operand_schema = {"type": "string"}

    def __init__(self, operand: Any) -> None:
        super().__init__(operand)
        if not isinstance(operand, str):
            raise BadValue(f"`matches` takes a regular expression, found {show(operand)}")
        try:
            self._pattern = re.compile(operand)
        except re.error as error:
            raise BadValue(f"`matches` takes a regular expression: {error}: {show(operand)}") from None

    def holds(self, actual: Any) -> bool:
        return isinstance(actual, str) and self._pattern.search(actual[:TEXT_LIMIT_CHARS]) is not None
