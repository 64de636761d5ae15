"""One run as its facts tell it: what every report is made from, here and from the control API's stream alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.events.facts import (
    BreakerTransitioned,
    DlqRecordWritten,
    Fact,
    FaultApplied,
    FaultRemoved,
    RecordProduced,
    RequestServed,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)

__all__ = ["BUCKET_MS", "RunLog", "Told", "place_of", "why_not_run"]

BUCKET_MS = 100
"""How finely records are counted over time."""
KEPT = 20_000
"""Facts of the run that are kept whole; requests too. What is more is counted."""
_OF_EVERYBODY = (BreakerTransitioned, FaultApplied, FaultRemoved)
"""Kinds that belong to no single record or call, and may be what a run failed for."""


class RunLog:
    """The first run that it hears of. `file` is what the run's file is called."""

    def __init__(self, file: str = "") -> None:
        self.file = file
        self.started: ScenarioStarted | None = None
        self.finished: ScenarioFinished | None = None
        self._steps: list[tuple[StepStarted | None, StepFinished | None]] = []
        self._begun_ms: dict[str, int] = {}
        self.breakers: list[BreakerTransitioned] = []
        self.faults: list[FaultApplied | FaultRemoved] = []
        self.dead_letters: list[DlqRecordWritten] = []
        self.requests: list[RequestServed] = []
        self.records: Counter[tuple[str, int]] = Counter()
        """By topic and by `at_ms // BUCKET_MS`."""
        self.facts: list[dict[str, Any]] = []
        self.left_out = 0
        self.missed = 0
        """Facts of the sandbox that were gone before they could be read."""

    def on_fact(self, fact: Fact) -> None:
        """Take one fact; those of other runs are ignored."""
        if isinstance(fact, ScenarioStarted):
            self.started = self.started or fact
        elif self.started is None:
            return
        elif isinstance(fact, StepStarted | StepFinished | ScenarioFinished):
            if fact.run == self.started.run:
                self._of_run(fact)
        elif fact.correlation_id == self.started.correlation_id or isinstance(fact, _OF_EVERYBODY):
            self._keep(fact)

    def on_gap(self, count: int) -> None:
        """So many facts are missing."""
        self.missed += count

    def _of_run(self, fact: StepStarted | StepFinished | ScenarioFinished) -> None:
        if isinstance(fact, ScenarioFinished):
            self.finished = fact
        elif isinstance(fact, StepStarted):
            self._steps.append((fact, None))
            self._begun_ms[place_of(fact)] = fact.at_ms
        else:
            self._finish(fact)

    def _finish(self, fact: StepFinished) -> None:
        for place in range(len(self._steps) - 1, -1, -1):
            started, finished = self._steps[place]
            if finished is None and started is not None and _same(started, fact):
                self._steps[place] = (started, fact)
                return
        self._steps.append((None, fact))

    def _keep(self, fact: Fact) -> None:
        if isinstance(fact, BreakerTransitioned):
            self.breakers.append(fact)
        elif isinstance(fact, FaultApplied | FaultRemoved):
            self.faults.append(fact)
        elif isinstance(fact, DlqRecordWritten):
            self.dead_letters.append(fact)
        elif isinstance(fact, RecordProduced):
            self.records[fact.topic, fact.at_ms // BUCKET_MS] += 1
        elif isinstance(fact, RequestServed) and len(self.requests) < KEPT:
            self.requests.append(fact)
        if len(self.facts) < KEPT:
            self.facts.append(fact.to_json())
        else:
            self.left_out += 1

    @property
    def outcome(self) -> str:
        """passed, failed, interrupted, or unknown when the end was not seen."""
        return self.finished.outcome if self.finished else "unknown"

    @property
    def steps(self) -> list[StepFinished]:
        """What was done, in the order in which it began: a step before those inside it."""
        return [finished for _, finished in self._steps if finished is not None]

    def began_ms(self, step: StepFinished) -> int:
        """When a step began, in real time; its `took_ms` is on the sandbox's clock, which may run faster."""
        return self._begun_ms.get(place_of(step), step.at_ms - round(step.took_ms))

    @property
    def numbered(self) -> list[StepFinished]:
        """The steps of the file, without the `say` lines and without what stands inside a step."""
        return [step for step in self.steps if step.number and place_of(step) == str(step.number)]

    @property
    def leaves(self) -> list[StepFinished]:
        """The steps that have none inside them, wherever they stand, without the `say` lines."""
        outer = {place[:end] for step in self.steps for place in (place_of(step),) for end in _ends(place)}
        return [step for step in self.steps if step.number and place_of(step) not in outer]

    @property
    def failures(self) -> list[StepFinished]:
        """The steps that failed by themselves, not by one inside them."""
        return [step for step in self.steps if step.outcome == "failed" and step.failure]

    def count(self, outcome: str) -> int:
        """Of the `numbered` steps."""
        return sum(step.outcome == outcome for step in self.numbered)

    @property
    def not_run(self) -> int:
        """Steps of the file that the run did not come to."""
        return max(0, self.started.steps - len(self.numbered)) if self.started else 0

    @property
    def took_ms(self) -> float:
        """Of the run; as far as it was seen, where its end was not."""
        if self.finished is not None:
            return self.finished.took_ms
        return sum(step.took_ms for step in self.numbered)


def place_of(step: StepStarted | StepFinished) -> str:
    """`7`, or `7.2` for the second step inside step 7."""
    return step.path or str(step.number)


def why_not_run(step: StepFinished) -> str | None:
    """Why a step was skipped or ended before it could pass or fail; None for one that did."""
    if step.outcome == "interrupted":
        return "interrupted"
    return (step.detail or "skipped") if step.outcome == "skipped" else None


def _same(started: StepStarted, finished: StepFinished) -> bool:
    return (place_of(started), started.where) == (place_of(finished), finished.where)


def _ends(place: str) -> Iterable[int]:
    """Where the places of the steps around this one end in it."""
    return (at for at, sign in enumerate(place) if sign in ".#")


@dataclass(frozen=True, slots=True)
class Told:
    """What a report tells: the runs in their order, and the sandbox that they ran on (`name`, `runtime`, versions)."""

    runs: tuple[RunLog, ...]
    sandbox: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """The first that is neither passed nor skipped; else passed, or skipped when every run was."""
        outcomes = [run.outcome for run in self.runs]
        bad = [outcome for outcome in outcomes if outcome not in ("passed", "skipped")]
        return (bad or ["passed" if "passed" in outcomes or not outcomes else "skipped"])[0]

    @classmethod
    def of(cls, facts: Iterable[Fact], **sandbox: str) -> Told:
        """One run from its facts."""
        log = RunLog()
        for fact in facts:
            log.on_fact(fact)
        return cls((log,), sandbox)
