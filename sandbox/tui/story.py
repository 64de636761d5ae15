"""The latest scenario's run, put together from its facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.tui.state import RunLine, StepLine

__all__ = ["STORY_KINDS", "Story"]

STORY_KINDS = ("ScenarioStarted", "StepStarted", "StepFinished", "ScenarioFinished")
STEPS_LIMIT = 500


class Story:
    """`run` is the run that began last, or None. Facts of another run change nothing."""

    def __init__(self) -> None:
        self.run: RunLine | None = None

    def forget(self) -> None:
        self.run = None

    def take(self, fact: Mapping[str, Any]) -> None:
        kind = fact["kind"]
        if kind == "ScenarioStarted":
            self.run = RunLine(
                fact["run"], fact["scenario"], "running", fact["steps"], purpose=fact.get("purpose"),
                started_ms=fact["at_ms"],
            )  # fmt: skip
        elif self.run is None or fact.get("run") != self.run.run:
            return
        elif kind == "StepStarted":
            self.run = replace(self.run, steps=_put(self.run.steps, _started(fact)))
        elif kind == "StepFinished":
            self.run = replace(self.run, steps=_put(self.run.steps, _finished(fact, self.run.steps)))
        elif kind == "ScenarioFinished":
            self.run = replace(self.run, state=fact["outcome"], took_ms=fact["took_ms"])


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
