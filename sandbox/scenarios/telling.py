"""Tells how a run goes: as facts for everybody who watches, and as results for the report."""

from __future__ import annotations

from typing import Any

from sandbox.errors import SandboxError
from sandbox.events.facts import Fact, StepFinished, StepStarted
from sandbox.scenarios.ports import World
from sandbox.scenarios.result import Failure, StepResult
from sandbox.scenarios.steps.step import Step

__all__ = ["SOURCE", "Telling"]

SOURCE = "scenario"


class Telling:
    """Numbers the steps from 1; a `say` has number 0."""

    def __init__(self, world: World, run: str, correlation_id: str) -> None:
        self._world = world
        self._run = run
        self._correlation_id = correlation_id
        self._number = 0
        self._now: dict[str, Any] = {}
        self.results: list[StepResult] = []

    def record(self, kind: type[Fact], **members: Any) -> None:
        """Record a fact of this run."""
        at_ms = self._world.clock.now_ms()
        self._world.facts.record(kind(at_ms=at_ms, source=SOURCE, correlation_id=self._correlation_id, **members))

    def started(self, step: Step, title: str) -> None:
        limit_s = step.limit_s
        self._begin(step.verb, title, step.at, None if not limit_s else limit_s * 1000)

    def _begin(self, verb: str, title: str, where: str, within_ms: float | None) -> None:
        number = 0
        if verb != "say":
            self._number = number = self._number + 1
        self._now = {"number": number, "title": title, "where": where, "step": verb}
        self.record(StepStarted, run=self._run, **self._now, within_ms=within_ms)

    def finished(self, outcome: str, took_ms: float, detail: str | None = None, failure: Failure | None = None) -> None:
        """The step that was started last is done."""
        now = self._now
        told = "\n".join(failure.lines()) if failure else detail
        self.record(
            StepFinished,
            run=self._run,
            **now,
            outcome=outcome,
            took_ms=took_ms,
            detail=told,
            failure=failure.to_json() if failure else None,
        )
        result = StepResult(now["number"], now["step"], now["title"], now["where"], outcome, took_ms, detail, failure)
        self.results.append(result)

    def broken(self, error: SandboxError, where: str, title: str = "set the scene") -> None:
        """Something beside the steps failed: it is told as a step that fails."""
        self._begin("", title, where, None)
        self.finished("failed", 0.0, None, Failure.of(error))
