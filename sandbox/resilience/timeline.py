"""Which states a breaker went through."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.resilience.state import State

__all__ = ["StateEntered"]


@dataclass(frozen=True, slots=True)
class StateEntered:
    """The breaker entered `state` at `at_ms`, epoch milliseconds."""

    at_ms: int
    state: State
