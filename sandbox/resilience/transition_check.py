"""What `transition_on_result` answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["TransitionCheck"]


@dataclass(frozen=True, slots=True)
class TransitionCheck:
    """Whether a call's outcome opens the breaker, and for how long (`TransitionCheckResult`)."""

    opens: bool
    wait: timedelta | None = None
    until_ms: int | None = None

    @classmethod
    def no_transition(cls) -> TransitionCheck:
        return _NONE

    @classmethod
    def transition_to_open(cls) -> TransitionCheck:
        """Open for as long as the configuration says."""
        return _OPEN

    @classmethod
    def transition_to_open_and_wait_for(cls, wait: timedelta) -> TransitionCheck:
        return cls(True, wait=wait)

    @classmethod
    def transition_to_open_and_wait_until(cls, until_ms: int) -> TransitionCheck:
        """Open until `until_ms`, epoch milliseconds."""
        return cls(True, until_ms=until_ms)


_NONE = TransitionCheck(False)
_OPEN = TransitionCheck(True)
