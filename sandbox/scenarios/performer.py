"""Carries out lists of steps: in order or side by side, each step with chance and a number of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.clock import NANOS
from sandbox.errors import InvalidFile, SandboxError
from sandbox.scenarios.evidence import with_evidence
from sandbox.scenarios.gate import Gate, Held
from sandbox.scenarios.missing import Missing
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.result import Failure
from sandbox.scenarios.stage import Stage, Turn
from sandbox.scenarios.steps_failed import StepsFailed
from sandbox.scenarios.telling import Telling, because

if TYPE_CHECKING:
    from sandbox.scenarios.steps.step import Step

__all__ = ["Performer", "Scope"]

STORY = "steps"
"""The part whose steps a gate holds: not the steady state, not `finally`, not what stands inside another step."""
LEFT_OUT = "skipped because the run is of other steps (--from, --to)"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a list of steps stands. `part` seeds its chance: steps/3/do. `address` is the number of the step that holds
    it, empty for the lists of the file itself. `names` are known in here only. `again`: the steady state's second time.
    The places in `left_out` are not run, but told as skipped.
    """

    part: str
    address: str = ""
    names: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    left_out: frozenset[int] = frozenset()

    def inside(self, part: str, address: str, names: Mapping[str, Any]) -> Scope:
        """The scope of a list of steps in one of its steps."""
        return Scope(f"{self.part}/{part}", address, {**self.names, **names}, self.again)


class Performer:
    """Of one run. `seed` makes the same chance in every run, `gate` holds it before each step of its story."""

    def __init__(self, stage: Stage, telling: Telling, seed: int, gate: Gate | None = None) -> None:
        self._stage = stage
        self._telling = telling
        self._seed = seed
        self._gate = gate
        self._missing = Missing(stage.world)

    async def each(self, steps: Sequence[Step], scope: Scope, *, go_on: bool = False) -> bool:
        """Run steps in order until one fails, or all of them with `go_on`; whether all passed."""
        passed = True
        for place, number in _numbered(steps):
            if place in scope.left_out:
                self._leave_out(steps[place], scope, number)
                continue
            await self._hold(steps[place], scope)
            if not await self._one(steps[place], replace(scope, part=f"{scope.part}/{place}"), number):
                passed = False
                if not go_on:
                    break
        return passed

    async def _hold(self, step: Step, scope: Scope) -> None:
        """Wait at the gate, in the story's own list only. The time it takes is no time of the run."""
        gate, stage = self._gate, self._stage
        if gate is None or gate.is_open or scope.part != STORY:
            return
        title = step.title({**stage.names, **scope.names})
        begun_ns = stage.world.clock.monotonic_ns()
        self._telling.held(title, step.at, step.verb)
        await gate.wait(Held(title, step.verb, step.at))
        stage.moments.shift(stage.world.clock.monotonic_ns() - begun_ns)

    def _leave_out(self, step: Step, scope: Scope, number: int) -> None:
        if step.verb != "say":
            told = self._telling.started(step, step.title(), self._telling.path(step, scope.address, number))
            self._telling.finished(told, "skipped", 0.0, LEFT_OUT)

    async def beside(self, steps: Sequence[Step], scope: Scope) -> bool:
        """Run steps side by side; the first that fails interrupts the others."""

        async def branch(place: int, number: int) -> None:
            if not await self._one(steps[place], replace(scope, part=f"{scope.part}/{place}"), number):
                raise StepsFailed

        failed = False
        try:
            async with asyncio.TaskGroup() as group:
                for place, number in _numbered(steps):
                    group.create_task(branch(place, number))
        except* StepsFailed:
            failed = True
        return not failed

    async def _one(self, step: Step, scope: Scope, number: int) -> bool:
        """Run a step; whether it passed. `number` counts in its list; the lists of the file are counted through."""
        stage = self._stage
        path = self._telling.path(step, scope.address, number)
        title = step.title({**stage.names, **scope.names})
        if (reason := self._missing.why(step)) is not None:
            self._missing.leave_out(step, path)
            told = self._telling.started(step, title, path)
            self._telling.finished(told, "skipped", 0.0, because(reason))
            return True
        told = self._telling.started(step, f"still: {title}" if scope.again else title, path)
        turn = Turn.begin(stage, self._rng(scope.part), perform=self, scope=scope, path=path)
        detail, failure, passed = None, None, True
        try:
            await _wait_for_moment(stage, step)
            turn = Turn.begin(stage, self._rng(scope.part), perform=self, scope=scope, path=path, topics=step.topics())
            stage.moments.begun(getattr(step, "name", None))
            detail = await step.run(turn)
        except StepsFailed:
            passed = False
        except SandboxError as error:
            failure = Failure.of(error)
        except BadValue as error:
            failure = Failure.of(InvalidFile(error.message, where=error.where or step.at, hint=error.hint))
        except asyncio.CancelledError:
            self._telling.finished(told, "interrupted", turn.took_ms)
            raise
        if failure is not None:
            failure = await with_evidence(failure, step, stage)
        passed = passed and failure is None
        self._telling.finished(told, "passed" if passed else "failed", turn.took_ms, detail, failure)
        return passed

    def _rng(self, part: str) -> random.Random:
        """Chance of its own for each step, so that what runs beside it changes nothing."""
        return random.Random(f"{self._seed}/{part}")


async def _wait_for_moment(stage: Stage, step: Step) -> None:
    moment = step.moment
    if moment is None:
        return
    begun_ns = await stage.moments.of(moment.name)
    clock = stage.world.clock
    wait_s = moment.after_s - (clock.monotonic_ns() - begun_ns) / NANOS
    if wait_s > 0:
        await clock.sleep(wait_s)


def _numbered(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """The place of each step in its list, from 0, and its number, which counts all but `say` from 1."""
    found, number = [], 0
    for place, step in enumerate(steps):
        number += step.verb != "say"
        found.append((place, number))
    return found
