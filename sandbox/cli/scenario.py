"""`sandbox scenario`: stories as files: list, check, explain and run them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["contracts_of", "find", "group", "library", "load"]

group = typer.Typer(help="Stories with assertions.", no_args_is_help=True, rich_markup_mode=None)

FilesArgument = Annotated[list[str], typer.Argument(metavar="FILE…", help="A file, or the name of one that ships.")]


@group.command("list")
def list_scenarios(
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Only those with this tag.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """List the scenarios that ship, and what each proves."""
    from sandbox.cli.output import data, json_data
    from sandbox.scenarios.load import load_scenario

    found = []
    for path in library():
        scenario = load_scenario(path, shown_as=path.name)
        if not tag or set(tag) & set(scenario.tags):
            found.append({
                "name": path.stem, "scenario": scenario.scenario, "purpose": scenario.purpose,
                "tags": list(scenario.tags), "file": str(path),
            })  # fmt: skip
    if json:
        json_data(found)
        return
    for each in found:
        data(f"{each['name']:<24} {each['scenario']}")
        data(f"{'':<24} {each['purpose'] or ''}  [{', '.join(each['tags'])}]")


@group.command("validate")
def validate(files: FilesArgument, name: NameOption = None, json: JsonOption = False) -> None:
    """Check scenario files without running them.

    Against the language and the contracts; every problem is told with its file:line.
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.scenarios.load import InvalidScenario

    problems: list[dict[str, Any]] = []
    contracts = contracts_of(name)
    for given in files:
        try:
            load(given, contracts)
            if not json:
                data(f"{given}: valid")
        except InvalidScenario as error:
            problems += [{"where": each.where, "message": each.message, "hint": each.hint} for each in error.problems]
            if not json:
                talk(error.render(), colour="red")
    if json:
        json_data(problems)
    raise typer.Exit(2 if problems else 0)


@group.command("explain")
def explain(
    files: FilesArgument,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid sequence diagram.")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what scenarios do, without running them."""
    from sandbox.cli.output import data, json_data
    from sandbox.cli.scenario_explain import explanation_lines
    from sandbox.cli.scenario_mermaid import mermaid_lines
    from sandbox.scenarios.explaining import explained, known_names

    contracts = contracts_of(name)
    if mermaid:
        for given in files:
            scenario = load(given, contracts)
            for line in mermaid_lines(scenario, known_names(scenario)):
                data(line)
        return
    found = [{"file": given, **explained(load(given, contracts))} for given in files]
    if json:
        json_data(found)
        return
    for number, each in enumerate(found):
        if number:
            data("")
        for line in explanation_lines(each):
            data(line)


@group.command("schema")
def schema(name: NameOption = None, json: JsonOption = False) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sandbox.cli.output import json_data
    from sandbox.scenarios.model.schema import scenario_schema

    json_data(scenario_schema())


@group.command("run")
def run(
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE…", help="Files, or names that ship.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="T", help="Only those with this tag.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="First step: number, name, title.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="STEP", help="Last step: number, name, title.")] = None,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="Run the next file after a failure.")] = False,
    speed: Annotated[float | None, typer.Option(metavar="X", help="Clock speed in place of the file's.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Seed in place of the file's own.")] = None,
    report: Annotated[
        list[str] | None, typer.Option("--report", metavar="KIND=F,…", help="Write html, json, junit or tap files.")
    ] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Run scenarios on the running sandbox. Exits 1 when an assertion failed, 2 for an invalid file.

    Without FILE, `--tag` chooses among those that ship. A part by `--from` and `--to` runs `steady` and `finally` too.
    """
    from sandbox.cli.report_files import ReportFiles
    from sandbox.cli.scenario_run import RunOptions, chosen, run_all

    options = RunOptions(
        name=name, json=json, keep_going=keep_going, seed=seed, speed=speed, start=start, end=end,
        reports=ReportFiles.read(report or ()),
    )  # fmt: skip
    raise typer.Exit(run_all(chosen(files or [], tag or [], options), options))


def library() -> list[Path]:
    """The scenarios that ship, by name."""
    from sandbox.config.folders import share_dir

    return sorted(share_dir("scenarios").glob("*.yaml"))


def find(given: str | Path) -> tuple[Path, str]:
    """The file that is meant, and what to call it. Raises UsageError with the nearest name."""
    import difflib

    from sandbox.errors import UsageError

    path = Path(given)
    if path.is_file():
        return path, str(given)
    shipped = {each.stem: each for each in library()}
    if path.suffix not in (".yaml", ".yml") and str(given) in shipped:
        return shipped[str(given)], f"scenarios/{given}.yaml"
    near = difflib.get_close_matches(str(given), shipped, 1)
    known = f"did you mean {near[0]}?" if near else f"these ship: {', '.join(shipped)}"
    raise UsageError(f"there is no scenario file {str(given)!r}", where="FILE", hint=known)


def load(given: str | Path, contracts: Any) -> Any:
    """The checked scenario. Raises UsageError or InvalidFile."""
    from sandbox.scenarios.load import load_scenario

    path, shown_as = find(given)
    return load_scenario(path, contracts, shown_as=shown_as)


def contracts_of(name: str | None) -> Any:
    """Those of the running sandbox, else those that `up` would take here. Raises InvalidFile or UsageError."""
    from sandbox.cli.target import find_target
    from sandbox.config.naming import find_project
    from sandbox.config.settings import resolve_settings
    from sandbox.errors import NotRunning
    from sandbox.runtime.team_contracts import load_contracts

    try:
        folder = find_target(name).status().get("contracts", {}).get("folder")
    except NotRunning:
        folder = resolve_settings({}, file=find_project(Path.cwd()).settings_file).contracts
    return load_contracts(folder)
