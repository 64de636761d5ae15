"""How a run went: per step, and as a whole. A failure carries what a person needs to see why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.errors import AssertionFailed, SandboxError

__all__ = ["ExpectationFailed", "Failure", "ScenarioResult", "StepResult"]

LABEL_CHARS = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """`evidence` is (label, text): the last matching records or responses, nearest first. `exit_code` as in errors."""

    expected: str
    actual: str
    evidence: tuple[tuple[str, str], ...] = ()
    hint: str | None = None
    where: str | None = None
    exit_code: int = 1

    def lines(self) -> list[str]:
        """`expected  …`, `actual    …`, the evidence and the hint, aligned."""
        rows = [("expected", self.expected), ("actual", self.actual), *self.evidence]
        if self.hint:
            rows.append(("hint", self.hint))
        shown = [(label, line) for label, text in rows if text for label, line in _unfold(label, text)]
        return [f"{label:<{LABEL_CHARS}}{line}" for label, line in shown]

    @classmethod
    def of(cls, error: SandboxError) -> Failure:
        """The failure of a step that an error ended."""
        if isinstance(error, ExpectationFailed):
            return error.failure
        return cls("", error.message, (), error.hint, error.where, error.exit_code)

    def to_json(self) -> dict[str, Any]:
        return {
            "expected": self.expected,
            "actual": self.actual,
            "evidence": [list(each) for each in self.evidence],
            "hint": self.hint,
            "where": self.where,
            "exitCode": self.exit_code,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Failure:
        evidence = tuple((str(label), str(text)) for label, text in data.get("evidence") or ())
        hint, where, exit_code = data.get("hint"), data.get("where"), data.get("exitCode", 1)
        return cls(str(data.get("expected", "")), str(data.get("actual", "")), evidence, hint, where, exit_code)


class ExpectationFailed(AssertionFailed):
    """Something a step expected did not hold within its limit."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"expected {failure.expected}, found {failure.actual}", hint=failure.hint)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class StepResult:
    """`number` is 0 for a `say`; a step inside a step has the number of the outer one, and a `path` such as 7.2.

    `outcome`: passed, failed, skipped or interrupted; `detail` is one line about what came of it. A step in which
    another one failed is failed without a `failure` of its own.
    """

    number: int
    verb: str
    title: str
    where: str
    outcome: str
    took_ms: float
    detail: str | None = None
    failure: Failure | None = None
    path: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "path": self.path,
            "step": self.verb,
            "title": self.title,
            "where": self.where,
            "outcome": self.outcome,
            "tookMs": round(self.took_ms, 3),
            "detail": self.detail,
            "failure": self.failure.to_json() if self.failure else None,
        }


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """`outcome`: passed, failed, interrupted, or skipped: the sandbox lacks what the scenario needs."""

    run: str
    scenario: str
    file: str
    outcome: str
    seed: int
    correlation_id: str
    started_ms: int
    took_ms: float
    steps: tuple[StepResult, ...]

    @property
    def exit_code(self) -> int:
        """0 passed or skipped, 130 interrupted, else as the first failure: 1 assertion, 2 bad input, 3 environment."""
        if self.outcome == "interrupted":
            return 130
        return next(
            (step.failure.exit_code for step in self.steps if step.failure), 3 if self.outcome == "failed" else 0
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "scenario": self.scenario,
            "file": self.file,
            "outcome": self.outcome,
            "exitCode": self.exit_code,
            "seed": self.seed,
            "correlationId": self.correlation_id,
            "startedMs": self.started_ms,
            "tookMs": round(self.took_ms, 3),
            "steps": [step.to_json() for step in self.steps],
        }


def _unfold(label: str, text: str) -> list[tuple[str, str]]:
    first, *rest = text.splitlines() or [""]
    return [(label, first), *(("", line) for line in rest)]
