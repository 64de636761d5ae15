"""The latest scenario's run, put together from its facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.tui.state import RunLine, StepLine

__all__ = ["STORY_KINDS", "Story"]

STORY_KINDS = ("ScenarioStarted", "StepHeld", "StepStarted", "StepFinished", "ScenarioFinished")
STEPS_LIMIT = 500
RUNS_LIMIT = 8


class Story:
    """`run` is the run that began last, or None. `ambient` is the run of ambient traffic, which is no story."""

    def __init__(self) -> None:
        self.ambient: str | None = None
        self._runs: dict[str, RunLine] = {}

    @property
    def run(self) -> RunLine | None:
        return next((run for run in reversed(self._runs.values()) if run.run != self.ambient), None)

    def forget(self) -> None:
        self._runs.clear()

    def take(self, fact: Mapping[str, Any]) -> None:
        """Facts of a run whose beginning was not seen change nothing."""
        kind = fact["kind"]
        if kind == "ScenarioStarted":
            self._runs[fact["run"]] = RunLine(
                fact["run"], fact["scenario"], "running", fact["steps"], purpose=fact.get("purpose"),
                started_ms=fact["at_ms"],
            )  # fmt: skip
            while len(self._runs) > RUNS_LIMIT:
                del self._runs[next(iter(self._runs))]
            return
        run = self._runs.get(fact.get("run", ""))
        if run is None:
            return
        if kind == "StepHeld":
            run = replace(run, held=fact["title"])
        elif kind == "StepStarted":
            run = replace(run, steps=_put(run.steps, _started(fact)), held=None)
        elif kind == "StepFinished":
            run = replace(run, steps=_put(run.steps, _finished(fact, run.steps)))
        elif kind == "ScenarioFinished":
            run = replace(run, state=fact["outcome"], took_ms=fact["took_ms"], held=None)
        self._runs[run.run] = run


def _started(fact: Mapping[str, Any]) -> StepLine:
    return StepLine(
        fact["number"], fact["title"], "running", within_ms=fact.get("within_ms"), started_ms=fact["at_ms"],
        where=fact.get("where", ""), path=_path(fact),
    )  # fmt: skip


def _finished(fact: Mapping[str, Any], steps: tuple[StepLine, ...]) -> StepLine:
    path = _path(fact)
    began = next((each for each in steps if (each.number, each.path) == (fact["number"], path)), None)
    return StepLine(
        fact["number"], fact["title"], fact["outcome"], fact.get("detail"), fact["took_ms"],
        began.within_ms if began else None, began.started_ms if began else fact["at_ms"], fact.get("where", ""),
        fact.get("failure"), path,
    )  # fmt: skip


def _path(fact: Mapping[str, Any]) -> str:
    """Empty for a step that is not inside another."""
    path = fact.get("path", "")
    return "" if path == str(fact["number"]) else path


def _put(steps: tuple[StepLine, ...], step: StepLine) -> tuple[StepLine, ...]:
    """In the place of the step of that number, else at the end. Captions (number 0) are each a line of their own."""
    if step.number:
        for place, each in enumerate(steps):
            if (each.number, each.path) == (step.number, step.path):
                return (*steps[:place], step, *steps[place + 1 :])
    elif step.state != "running" and steps and steps[-1].number == 0 and steps[-1].title == step.title:
        return (*steps[:-1], step)
    return (*steps, step)[-STEPS_LIMIT:]
