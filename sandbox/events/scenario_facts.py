"""Facts of scenario runs: they begin, their steps go by, they end. `run` is the run's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.events.fact import Fact

__all__ = ["ScenarioFinished", "ScenarioStarted", "StepFinished", "StepHeld", "StepStarted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStarted(Fact):
    """Every call and record of the run carries this fact's correlation id."""

    run: str
    scenario: str
    steps: int
    seed: int
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Fact):
    """`where` is the step's file:line, `title` the step as a line of the story, `step` its kind (`publish`).

    `number` counts from 1; it is 0 for a `say`, which is a caption. A step inside step 7 has number 7 and a `path` such
    as 7.2 (7#3.2 in the third pass of a repetition); else `path` is the number. `within_ms` is how long it may look.
    """

    run: str
    number: int
    title: str
    where: str
    step: str = ""
    within_ms: float | None = None
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHeld(Fact):
    """A run that is presented waits to be let go on before this step; `StepStarted` follows then."""

    run: str
    title: str
    where: str
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished(Fact):
    """`outcome`: passed, failed, skipped or interrupted; `detail` is what a person reads about it.

    `failure` has `expected, actual, evidence, hint, where, exitCode` of a failed step; a step is also failed when one
    inside it is, without a failure of its own. `number` and `path` as in `StepStarted`.
    """

    run: str
    number: int
    title: str
    where: str
    outcome: str
    took_ms: float
    detail: str | None = None
    step: str = ""
    failure: Mapping[str, Any] | None = None
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioFinished(Fact):
    """`outcome`: passed, failed, interrupted, or skipped when the sandbox lacks what the scenario needs."""

    run: str
    scenario: str
    outcome: str
    took_ms: float
    exit_code: int = 0
