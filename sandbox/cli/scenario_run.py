"""`sandbox scenario run`: which scenarios, which part of them, and what is written about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.cli.report_files import ReportFiles

__all__ = ["Choice", "RunOptions", "chosen", "run_all", "run_one"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line asks of every run. `start` and `end` are steps: a number, a name, a part of the title."""

    name: str | None
    json: bool = False
    keep_going: bool = False
    seed: int | None = None
    speed: float | None = None
    start: str | None = None
    end: str | None = None
    reports: ReportFiles = field(default_factory=ReportFiles)

    @property
    def document(self) -> dict[str, Any]:
        """Its part of the document that the engine runs."""
        asked = {"seed": self.seed, "speed": self.speed, "from": self.start, "to": self.end}
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Choice:
    """A scenario to run: its file, what to call that, and what it says."""

    path: Path
    shown_as: str
    scenario: Any

    def plan(self) -> list[tuple[str, str]]:
        """(file:line, title) of every step that is to come, as far as that is known before."""
        scenario = self.scenario
        steps = (*scenario.steady, *scenario.steps, *scenario.steady, *scenario.finally_)
        return [(step.at, step.title()) for step in steps if step.verb != "say"]


def chosen(files: list[str], tags: list[str], options: RunOptions) -> list[Choice]:
    """The scenarios that are meant, read and checked. Raises UsageError or InvalidFile before anything runs."""
    from sandbox.cli.scenario import contracts_of, find, library
    from sandbox.errors import UsageError
    from sandbox.scenarios.load import load_scenario
    from sandbox.scenarios.part import left_out

    if not files and not tags:
        raise UsageError("which scenario?", where="FILE", hint="name a file or one that ships, or choose by --tag")
    contracts = contracts_of(options.name)
    places = [find(given) for given in files] or [(path, f"scenarios/{path.name}") for path in library()]
    found = [Choice(path, shown, load_scenario(path, contracts, shown_as=shown)) for path, shown in places]
    picked = [each for each in found if not tags or set(tags) & set(each.scenario.tags)]
    if not picked:
        known = sorted({tag for each in found for tag in each.scenario.tags})
        told = f"there are {', '.join(known)}" if known else "none of them has a tag"
        raise UsageError(f"no scenario has the tag {' or '.join(tags)}", where="--tag", hint=told)
    if (options.start or options.end) and len(picked) > 1:
        where = "--from" if options.start else "--to"
        raise UsageError("part of a scenario is part of one scenario", where=where, hint="name a single FILE")
    for each in picked:
        left_out(each.scenario, options.start, options.end)
        if options.speed is not None:
            each.scenario.at_speed(options.speed)
    return picked


def run_all(choices: list[Choice], options: RunOptions) -> int:
    """Run them one after the other and write the reports, after an interruption too; the first exit code that is not
    0. With `--json`: the result of a single one, else a list."""
    from sandbox.cli.output import json_data
    from sandbox.scenarios.report.run_log import RunLog

    logs: list[Any] = []
    results: list[dict[str, Any]] = []
    code = 0
    try:
        for choice in choices:
            log = RunLog(choice.shown_as) if options.reports.files else None
            if log is not None:
                logs.append(log)
            result = run_one(choice, options, log)
            results.append(result)
            code = code or result["exitCode"]
            if code and not options.keep_going:
                break
    finally:
        _write(logs, options)
    if options.json:
        json_data(results[0] if len(choices) == 1 else results)
    elif len(results) > 1:
        _sum_up(results, len(choices))
    return code


def run_one(choice: Choice, options: RunOptions, log: Any = None) -> dict[str, Any]:
    """Run one scenario and tell its story as it goes; its result."""
    import asyncio

    from sandbox.cli.story import follow
    from sandbox.cli.target import find_target
    from sandbox.scenarios.load import read_document
    from sandbox.scenarios.report.progress import Progress

    document = {**read_document(choice.path, shown_as=choice.shown_as).to_json(), **options.document}
    progress = Progress(choice.plan(), speed=options.speed or choice.scenario.speed)
    try:
        return asyncio.run(follow(find_target(options.name), document, quiet=options.json, log=log, progress=progress))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _write(logs: list[Any], options: RunOptions) -> None:
    if not options.reports.files:
        return
    from sandbox.cli.output import talk
    from sandbox.cli.target import find_target
    from sandbox.errors import NotRunning
    from sandbox.scenarios.report.run_log import Told

    try:
        status = find_target(options.name).status()
    except NotRunning:
        status = {}
    about = {"name": status.get("name"), "runtime": status.get("runtime"), **status.get("versions", {})}
    told = Told(tuple(log for log in logs if log.started), {key: str(value) for key, value in about.items() if value})
    for path in options.reports.write(told):
        talk(f"report: {path}", dim=True)


def _sum_up(results: list[dict[str, Any]], asked: int) -> None:
    from sandbox.cli.output import data

    data("")
    for result in results:
        sign = {"passed": "✓", "failed": "✗"}.get(result["outcome"], "-")
        data(f"{sign} {result['outcome']:<11} {result['tookMs'] / 1000:>8.2f} s  {result['scenario']}")
    if asked > len(results):
        data(f"- not run: {asked - len(results)} after the failure (--keep-going runs them all the same)")
