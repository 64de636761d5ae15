"""Tells how a run goes: as facts for everybody who watches, and as results for the report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxError
from sandbox.events.facts import Fact, StepFinished, StepHeld, StepStarted
from sandbox.scenarios.ports import World
from sandbox.scenarios.result import Failure, StepResult
from sandbox.scenarios.steps.step import Step

__all__ = ["SOURCE", "Telling", "Told", "because"]

SOURCE = "scenario"
_FIRST = re.compile(r"\d+")


def because(reason: str) -> str:
    """The detail of a step that was skipped."""
    return f"skipped because {reason}"


@dataclass(frozen=True, slots=True)
class Told:
    """A step that has been told as started. `number` is that of the step of the file that it is or stands in."""

    number: int
    path: str
    title: str
    where: str
    verb: str


class Telling:
    """Numbers the steps of the file from 1; a `say` has number 0."""

    def __init__(self, world: World, run: str, correlation_id: str) -> None:
        self._world = world
        self._run = run
        self._correlation_id = correlation_id
        self._number = 0
        self.results: list[StepResult] = []

    def record(self, kind: type[Fact], **members: Any) -> None:
        """Record a fact of this run."""
        at_ms = self._world.clock.now_ms()
        self._world.facts.record(kind(at_ms=at_ms, source=SOURCE, correlation_id=self._correlation_id, **members))

    def path(self, step: Step, address: str, number: int) -> str:
        """The step's number: 7, or 7.2 for the second one in the step with the `address` 7; empty for a `say`."""
        if step.verb == "say":
            return ""
        return f"{address}.{number}" if address else self._next()

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    def started(self, step: Step, title: str, path: str) -> Told:
        limit_s = step.limit_s
        return self._begin(step.verb, title, step.at, path, None if not limit_s else limit_s * 1000)

    def held(self, title: str, where: str, verb: str) -> None:
        """The run waits before a step."""
        self.record(StepHeld, run=self._run, title=title, where=where, step=verb)

    def _begin(self, verb: str, title: str, where: str, path: str, within_ms: float | None) -> Told:
        told = Told(int(_FIRST.match(path)[0]) if path else 0, path, title, where, verb)  # type: ignore[index]
        self.record(StepStarted, **self._about(told), within_ms=within_ms)
        return told

    def _about(self, told: Told) -> dict[str, Any]:
        return {
            "run": self._run,
            "number": told.number,
            "path": told.path,
            "title": told.title,
            "where": told.where,
            "step": told.verb,
        }

    def finished(
        self, told: Told, outcome: str, took_ms: float, detail: str | None = None, failure: Failure | None = None
    ) -> None:
        """A step is done."""
        self.record(
            StepFinished,
            **self._about(told),
            outcome=outcome,
            took_ms=took_ms,
            detail="\n".join(failure.lines()) if failure else detail,
            failure=failure.to_json() if failure else None,
        )
        self.results.append(
            StepResult(
                number=told.number,
                verb=told.verb,
                title=told.title,
                where=told.where,
                outcome=outcome,
                took_ms=took_ms,
                detail=detail,
                failure=failure,
                path=told.path,
            )
        )

    def left_out(self, reason: str, where: str) -> None:
        """The sandbox lacks what the whole scenario needs."""
        told = self._begin("", "what it needs", where, self._next(), None)
        self.finished(told, "skipped", 0.0, because(reason))

    def broken(self, error: SandboxError, where: str, title: str = "set the scene") -> None:
        """Something beside the steps failed: it is told as a step that fails."""
        told = self._begin("", title, where, self._next(), None)
        self.finished(told, "failed", 0.0, None, Failure.of(error))
