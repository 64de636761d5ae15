"""The runs as one JSON object: outcomes, steps with their failures, and every fact that belongs to them."""

from __future__ import annotations

import json
from typing import Any

from sandbox.events.facts import StepFinished
from sandbox.scenarios.report.run_log import RunLog, Told

__all__ = ["JsonReport"]

VERSION = 1
"""Of the format: members are only added within a version."""


class JsonReport:
    """`{"version", "outcome", "sandbox", "runs": [{"run", "scenario", "file", …, "steps", "facts"}]}`.

    `facts` are those under the run's correlation id, breakers and faults; at most 20,000, `factsLeftOut` are the rest.
    """

    suffix = ".json"

    def render(self, told: Told) -> str:
        document = {
            "version": VERSION,
            "outcome": told.outcome,
            "sandbox": dict(told.sandbox),
            "runs": [_run(run) for run in told.runs],
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _run(run: RunLog) -> dict[str, Any]:
    started, finished = run.started, run.finished
    return {
        "run": started.run if started else None,
        "scenario": started.scenario if started else None,
        "file": run.file,
        "purpose": started.purpose if started else None,
        "outcome": run.outcome,
        "exitCode": finished.exit_code if finished else None,
        "seed": started.seed if started else None,
        "correlationId": started.correlation_id if started else None,
        "startedMs": started.at_ms if started else None,
        "tookMs": round(run.took_ms, 3),
        "counts": {outcome: run.count(outcome) for outcome in ("passed", "failed", "skipped")},
        "steps": [_step(step) for step in run.steps],
        "facts": run.facts,
        "factsLeftOut": run.left_out,
        "factsMissed": run.missed,
    }


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
