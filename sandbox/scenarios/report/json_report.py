"""The run as one JSON object: outcome, steps with their failures, and every fact that belongs to it."""

from __future__ import annotations

import json
from typing import Any, TextIO

from sandbox.events.facts import Fact, ScenarioFinished, ScenarioStarted, StepFinished, StepStarted

__all__ = ["JsonReport"]

FACTS_LIMIT = 20_000


class JsonReport:
    """Written by `close`. `facts` are those under the run's correlation id, at most 20,000; `factsLeftOut` the rest."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started: ScenarioStarted | None = None
        self._finished: ScenarioFinished | None = None
        self._steps: list[dict[str, Any]] = []
        self._facts: list[dict[str, Any]] = []
        self._left_out = 0

    def on_fact(self, fact: Fact) -> None:
        if isinstance(fact, ScenarioStarted):
            self._started = self._started or fact
            return
        started = self._started
        if started is None:
            return
        if isinstance(fact, StepFinished):
            if fact.run == started.run:
                self._steps.append(_step(fact))
        elif isinstance(fact, ScenarioFinished):
            if fact.run == started.run:
                self._finished = fact
        elif fact.correlation_id == started.correlation_id and not isinstance(fact, StepStarted):
            if len(self._facts) < FACTS_LIMIT:
                self._facts.append(fact.to_json())
            else:
                self._left_out += 1

    def close(self) -> None:
        started, finished = self._started, self._finished
        report = {
            "run": started.run if started else None,
            "scenario": started.scenario if started else None,
            "purpose": started.purpose if started else None,
            "outcome": finished.outcome if finished else "unknown",
            "exitCode": finished.exit_code if finished else None,
            "seed": started.seed if started else None,
            "correlationId": started.correlation_id if started else None,
            "startedMs": started.at_ms if started else None,
            "tookMs": round(finished.took_ms, 3) if finished else None,
            "steps": self._steps,
            "facts": self._facts,
            "factsLeftOut": self._left_out,
        }
        json.dump(report, self._stream, ensure_ascii=False, indent=2)
        self._stream.write("\n")


def _step(fact: StepFinished) -> dict[str, Any]:
    return {
        "number": fact.number,
        "path": fact.path,
        "step": fact.step,
        "title": fact.title,
        "where": fact.where,
        "outcome": fact.outcome,
        "tookMs": round(fact.took_ms, 3),
        "detail": None if fact.failure else fact.detail,
        "failure": dict(fact.failure) if fact.failure else None,
    }
