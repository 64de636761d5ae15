"""Takes what a step's `capture` names out of what it observed."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.errors import UsageError
from sandbox.scenarios.assertions.assertion import MISSING, show
from sandbox.scenarios.model.selection import Observed, Selector
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.template.environment import check_size

__all__ = ["capture"]


def capture(turn: Turn, selectors: Mapping[str, Selector], observed: Observed) -> None:
    """Make each selected value known to later steps. Raises ExpectationFailed where there is nothing."""
    for name, selector in selectors.items():
        value = selector.pick(observed)
        if value is MISSING:
            document = "" if observed.document is MISSING else show(observed.document)
            raise ExpectationFailed(
                Failure(f"something at {selector.text}, to capture as {name}", "nothing", (("document", document),))
            )
        try:
            check_size(value)
        except ValueError as error:
            raise UsageError(f"cannot capture {selector.text} as {name}: {error}") from None
        turn.remember(name, value)
