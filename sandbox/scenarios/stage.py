"""What the steps of one run share, and what each step is given while it runs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.clock import NANOS
from sandbox.contracts.tracing import TraceContext
from sandbox.events.facts import BreakerTransitioned
from sandbox.scenarios.background import Backgrounds
from sandbox.scenarios.moments import Moments
from sandbox.scenarios.ports import Calls, LogLine, Logs, World
from sandbox.scenarios.records import RecordLog
from sandbox.scenarios.steps_failed import StepsFailed
from sandbox.scenarios.template.functions import template_functions
from sandbox.scenarios.undoing import Undoing

if TYPE_CHECKING:
    from sandbox.scenarios.performer import Scope
    from sandbox.scenarios.steps.step import Step

LINES_KEPT = 200_000
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
        self,
        world: World,
        calls: Calls,
        *,
        run: str,
        correlation_id: str,
        names: dict[str, Any],
        ids: random.Random,
        seed: int = 0,
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
        self.undoing = Undoing()
        self.logs: Logs | None = None
        """What the components log, where a step asks about it."""
        self._log_lines: list[LogLine] = []
        self.moments = Moments(world.clock)
        self.ids = ids
        self.seed = seed

    async def log_lines(self) -> Sequence[LogLine]:
        """All that was logged since the scenario began, the first `LINES_KEPT`."""
        if self.logs is not None and len(self._log_lines) < LINES_KEPT:
            self._log_lines += await self.logs.new()
        return self._log_lines

    def trace(self) -> TraceContext:
        """A new trace under the run's correlation id, for one record or call."""
        # One draw for all ids: a load needs thousands of them a second.
        fresh = f"{self.ids.getrandbits(272) | 1 << 64 | 1:068x}"
        return TraceContext(f"req-{fresh[:20]}", self.correlation_id, fresh[20:52], fresh[52:])


class Performs(Protocol):
    """What carries out lists of steps."""

    async def each(self, steps: Sequence[Step], scope: Scope, *, go_on: bool = False) -> bool: ...

    async def beside(self, steps: Sequence[Step], scope: Scope) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One step's run. `names` are what it knows as it begins: the stage's names, those of its scope, and the functions
    that draw from the step's own seed. `path` is its number, 7 or 7.2.

    `starts` is where each topic that it watches stood, in the stage's `records`.
    """

    stage: Stage
    names: Mapping[str, Any]
    started_ns: int
    scope: Scope
    path: str
    perform: Performs
    starts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        stage: Stage,
        rng: random.Random,
        *,
        perform: Performs,
        scope: Scope,
        path: str,
        topics: Iterable[str] = (),
    ) -> Turn:
        functions = template_functions(rng, stage.ids, stage.world.clock)
        return cls(
            stage=stage,
            names={**functions, **stage.names, **scope.names},
            started_ns=stage.world.clock.monotonic_ns(),
            scope=scope,
            path=path,
            perform=perform,
            starts={topic: stage.records.end(topic) for topic in topics},
        )

    @property
    def world(self) -> World:
        return self.stage.world

    @property
    def took_ms(self) -> float:
        return (self.world.clock.monotonic_ns() - self.started_ns) * 1000 / NANOS

    @property
    def took_s(self) -> float:
        return self.took_ms / 1000

    @property
    def names_now(self) -> Mapping[str, Any]:
        """The names with what steps inside this one have captured since it began."""
        return {**self.names, **self.stage.names, **self.scope.names}

    def remember(self, name: str | None, value: Any) -> None:
        """Make a value known to later steps' templates."""
        if name is not None:
            self.stage.names[name] = value

    async def play(
        self,
        steps: Sequence[Step],
        part: str,
        *,
        names: Mapping[str, Any] | None = None,
        of: str = "",
        beside: bool = False,
    ) -> None:
        """Run steps that stand inside this one, `beside` each other or in order. Raises StepsFailed.

        `part` tells their chance from that of other lists of this step; `of` follows the step's number in theirs: #2.
        """
        scope = self.scope.inside(part, f"{self.path}{of}", names or {})
        passed = await (self.perform.beside(steps, scope) if beside else self.perform.each(steps, scope))
        if not passed:
            raise StepsFailed
