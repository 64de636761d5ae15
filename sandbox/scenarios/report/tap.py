"""The Test Anything Protocol, version 14: a subtest a scenario, a line a step."""

from __future__ import annotations

import json

from sandbox.events.facts import StepFinished
from sandbox.scenarios.report.printable import printable
from sandbox.scenarios.report.run_log import RunLog, Told, why_not_run
from sandbox.scenarios.result import Failure

__all__ = ["TapReport"]


class TapReport:
    """What a step failed for is its YAML block, whose values are written as JSON."""

    suffix = ".tap"

    def render(self, told: Told) -> str:
        lines = ["TAP version 14", f"1..{len(told.runs)}"]
        for number, run in enumerate(told.runs, 1):
            title = _plain(run.started.scenario if run.started else run.file)
            lines.append(f"# Subtest: {title}")
            lines += [f"    {line}" for line in _subtest(run)]
            verdict = "ok" if run.outcome in ("passed", "skipped") else "not ok"
            lines.append(f"{verdict} {number} - {title}{' # SKIP' if run.outcome == 'skipped' else ''}")
        return "\n".join(lines) + "\n"


def _subtest(run: RunLog) -> list[str]:
    lines = [f"# seed {run.started.seed}"] if run.started else []
    for place, step in enumerate(run.leaves, 1):
        lines += _point(place, step)
    if run.outcome == "interrupted":
        lines.append("Bail out! the run was interrupted")
    return [*lines, f"1..{len(run.leaves)}"]


def _point(place: int, step: StepFinished) -> list[str]:
    line = f"{'not ok' if step.outcome == 'failed' else 'ok'} {place} - {_plain(step.title)}"
    if (reason := why_not_run(step)) is not None:
        return [f"{line} # SKIP {_plain(reason)}"]
    if step.outcome != "failed":
        return [line]
    failure = Failure.from_json(step.failure or {})
    told = {"at": failure.where or step.where, "expected": failure.expected, "actual": failure.actual}
    told |= {"evidence": [f"{label} {text}".strip() for label, text in failure.evidence], "hint": failure.hint or ""}
    block = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in told.items() if value]
    return [line, "  ---", *(f"  {each}" for each in block), "  ..."]


def _plain(text: str) -> str:
    """On one line, with `#` and `\\` escaped: a `#` begins a directive."""
    return " ".join(printable(text).split()).replace("\\", "\\\\").replace("#", "\\#")
