"""What the steps of one run share, and what each step is given while it runs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import NANOS
from sandbox.contracts.ids import new_id
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import BreakerTransitioned
from sandbox.scenarios.background import Backgrounds
from sandbox.scenarios.ports import Calls, World
from sandbox.scenarios.records import RecordLog
from sandbox.scenarios.template.functions import template_functions

__all__ = ["Stage", "Transitions", "Turn"]


class Transitions:
    """Every change of a breaker's state since the scenario began; a breaker step goes on where the last one ended."""

    def __init__(self) -> None:
        self._states: dict[str, list[str]] = {}
        self._seen: dict[str, int] = {}

    def add(self, fact: BreakerTransitioned) -> None:
        name = fact.breaker if "/" in fact.breaker else f"{fact.source}/{fact.breaker}"
        self._states.setdefault(name, []).append(fact.to_state)

    def new(self, breaker: str) -> list[str]:
        """The states gone to since `settle`, in order."""
        return self._states.get(breaker, [])[self._seen.get(breaker, 0) :]

    def settle(self, breaker: str, count: int) -> None:
        """The first `count` of the new states are accounted for."""
        self._seen[breaker] = self._seen.get(breaker, 0) + count


class Stage:
    """One run. `names` are the run's vars, endpoints and captures, as templates see them."""

    def __init__(
        self, world: World, calls: Calls, *, run: str, correlation_id: str, names: dict[str, Any], ids: random.Random
    ) -> None:
        self.world = world
        self.calls = calls
        self.run = run
        self.correlation_id = correlation_id
        self.names = names
        self.records = RecordLog()
        self.transitions = Transitions()
        self.ledger_start: Mapping[str, Mapping[str, Any]] = {}
        """The ledger when the scenario began, where a step asks about it."""
        self.backgrounds = Backgrounds()
        self.faults: list[str] = []
        """Ids of the faults that this run has made and not removed."""
        self.starts: dict[str, int] = {}
        """Where each watched topic stood, in `records`, when the current step began."""
        self.ids = ids

    def trace(self) -> TraceContext:
        """A new trace under the run's correlation id, for one record or call."""
        ids = self.ids
        return TraceContext(
            request_id=new_id("req-", ids),
            correlation_id=self.correlation_id,
            trace_id=f"{ids.getrandbits(128) or 1:032x}",
            span_id=f"{ids.getrandbits(64) or 1:016x}",
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One step's run. `names` are the stage's names and the functions that draw from the step's own seed."""

    stage: Stage
    names: Mapping[str, Any]
    started_ns: int

    @classmethod
    def begin(cls, stage: Stage, rng: random.Random) -> Turn:
        functions = template_functions(rng, stage.ids, stage.world.clock)
        return cls(stage, {**functions, **stage.names}, stage.world.clock.monotonic_ns())

    @property
    def world(self) -> World:
        return self.stage.world

    @property
    def took_ms(self) -> float:
        return (self.world.clock.monotonic_ns() - self.started_ns) * 1000 / NANOS

    @property
    def took_s(self) -> float:
        return self.took_ms / 1000

    def remember(self, name: str | None, value: Any) -> None:
        """Make a value known to later steps' templates."""
        if name is not None:
            self.stage.names[name] = value
