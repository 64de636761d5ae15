"""The six states of a breaker, and the transitions between them as data."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["TRANSITIONS", "State"]


class State(StrEnum):
    """In Resilience4j's order of declaration, which metrics follow."""

    DISABLED = "DISABLED"
    METRICS_ONLY = "METRICS_ONLY"
    CLOSED = "CLOSED"
    OPEN = "OPEN"
    FORCED_OPEN = "FORCED_OPEN"
    HALF_OPEN = "HALF_OPEN"

    @property
    def allows_events(self) -> bool:
        """DISABLED and FORCED_OPEN publish nothing but state transitions and resets."""
        return self not in (State.DISABLED, State.FORCED_OPEN)


def _table() -> dict[State, frozenset[State]]:
    closed, opened, half_open = State.CLOSED, State.OPEN, State.HALF_OPEN
    disabled, forced, metrics = State.DISABLED, State.FORCED_OPEN, State.METRICS_ONLY
    return {
        closed: frozenset({closed, opened, disabled, metrics, forced}),
        half_open: frozenset({half_open, closed, opened, disabled, metrics, forced}),
        opened: frozenset({opened, closed, half_open, disabled, metrics, forced}),
        forced: frozenset({forced, closed, opened, disabled, metrics, half_open}),
        disabled: frozenset({disabled, closed, opened, forced, half_open, metrics}),
        metrics: frozenset({metrics, closed, forced, disabled}),
    }


TRANSITIONS = _table()
"""From each state, where it can go (`CircuitBreaker.StateTransition`). CLOSED never goes straight to HALF_OPEN, nor
METRICS_ONLY to OPEN or HALF_OPEN. A transition to the same state renews it and is no event."""
