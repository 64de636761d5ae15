"""A scenario run for a test."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.config.folders import share_dir
from sandbox.errors import UsageError
from sandbox.events.facts import ScenarioFinished, fact_from_json
from sandbox.pytest_plugin.backend import Backend

__all__ = ["ScenarioOutcome", "run_scenario"]

LOOK_S = 0.5
PAGE = 2_000


@dataclass(frozen=True, slots=True)
class ScenarioOutcome:
    """A run that passed: its `result` as in `sandbox scenario run --json`, and its `story` as the terminal shows it."""

    run: str
    result: dict[str, Any]
    story: str


async def run_scenario(
    backend: Backend, given: str | Path, *, seed: int | None = None, within_s: float = 300.0
) -> ScenarioOutcome:
    """Raises AssertionError with the story when it fails or does not end in time, UsageError or InvalidFile."""
    from sandbox.scenarios.load import read_document

    document = read_document(_find(given), shown_as=str(given)).to_json()
    after = await backend.last_fact()
    run = await backend.control.run_scenario(document if seed is None else {**document, "seed": seed})
    story, ended = await _follow(backend, run, after, within_s)
    if not ended:
        await backend.control.stop_scenario(run)
        raise AssertionError(f"scenario {given} has not ended within {within_s:g} s\n{story}")
    found = await backend.control.scenario_run(run)
    if found.state != "passed":
        raise AssertionError(f"scenario {given} {found.state}\n{story}")
    return ScenarioOutcome(run, found.model_dump()["result"], story)


async def _follow(backend: Backend, run: str, after: int, within_s: float) -> tuple[str, bool]:
    """The story up to its end, or as far as it got in time; and whether that was the end."""
    from sandbox.scenarios.report.console import ConsoleReport

    told, ended = io.StringIO(), False
    report = ConsoleReport(told)
    deadline = time.monotonic() + within_s
    while not ended and time.monotonic() < deadline:
        page = await backend.control.facts(after, limit=PAGE, wait_s=LOOK_S)
        after = page.next
        for fact in map(fact_from_json, page.facts):
            report.on_fact(fact)
            if isinstance(fact, ScenarioFinished) and fact.run == run:
                ended = True
                break
    report.close()
    return told.getvalue(), ended


def _find(given: str | Path) -> Path:
    path, shipped = Path(given), share_dir("scenarios") / f"{given}.yaml"
    for each in (path, shipped):
        if each.is_file():
            return each
    raise UsageError(f"there is no scenario file {str(given)!r}", where="file", hint="or the name of one that ships")
