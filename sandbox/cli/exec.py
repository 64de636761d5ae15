"""`sandbox exec`: one command with a sandbox around it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

READY_LIMIT_S = 120.0


def register(app: typer.Typer) -> None:
    plain = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    app.command("exec", context_settings=plain)(execute)


def execute(
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND", help="What to run, with its arguments; after `--`.")
    ],
    ports: Annotated[
        str | None, typer.Option(metavar="auto|default|BASE", help="Well-known ports, a free block, or from BASE on.")
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(metavar="auto|embedded|docker", help="Where Kafka and services run.")
    ] = None,
    contracts: Annotated[Path | None, typer.Option(metavar="DIR", help="Topics and schemas of your own.")] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="FILE", help="Run a scenario beside the command: faults, traffic.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Drop the data of earlier runs before a start.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox running afterwards.")] = False,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long a start may take.")] = READY_LIMIT_S,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Run a command with a sandbox up and its addresses set.

    It sees the variables of `sandbox env`. Its signals and its exit code are passed through: 128+N when signal N ended
    it. A sandbox that was started for it is stopped after it; one that ran already stays. With --scenario the exit
    code is also 1 when the command passed and the scenario failed.
    """
    from sandbox.cli.env import variables
    from sandbox.cli.foreground_command import ForegroundCommand
    from sandbox.cli.output import json_data
    from sandbox.cli.scenario_beside import ScenarioBeside

    ForegroundCommand(command, os.environ)  # a slip of the pen is told before anything is started
    flags = {"ports": ports, "runtime": runtime, "contracts": contracts}
    with _sandbox(flags, name, fresh=fresh, keep=keep, wait_s=timeout) as (target, started):
        status = target.status()
        environ = {**os.environ, **variables(status, target.token, target.registry_user_info)}
        beside = ScenarioBeside.start(scenario, target) if scenario else None
        try:
            code = ForegroundCommand(command, environ).run()
        finally:
            failed = beside is not None and beside.end()
    if json:
        json_data({"sandbox": status["name"], "started": started, "command": command, "exitCode": code or int(failed)})
    raise typer.Exit(code or int(failed))


@contextlib.contextmanager
def _sandbox(
    flags: dict[str, Any], name: str | None, *, fresh: bool, keep: bool, wait_s: float
) -> Iterator[tuple[Any, bool]]:
    """The sandbox to use, and whether it was started for this; then it is stopped at the end, whatever that is."""
    from sandbox.cli.interrupts import held_back
    from sandbox.cli.target import Target, find_target
    from sandbox.cli.up import start
    from sandbox.config.folders import StateFolder
    from sandbox.config.naming import Project, check_name, find_project
    from sandbox.config.settings import resolve_settings
    from sandbox.runtime import launch
    from sandbox.runtime.owner import Owner

    if name is None and os.environ.get("SANDBOX_CONTROL_URL"):
        yield find_target(None), False
        return
    given = name or os.environ.get("SANDBOX_NAME")
    project = find_project(Path.cwd())
    settings = resolve_settings(flags, file=project.settings_file)
    chosen = Project(check_name(given), None) if given else project
    folder = StateFolder.of(chosen.name)
    started = not launch.is_served(folder)
    owner = Owner(folder.path)
    try:
        start(settings, chosen, fresh=fresh, wait_s=wait_s, train=False, owner=owner)
        if keep:
            owner.set_free()
        target = Target(folder.name, launch.control(folder).url, folder.token() or "", folder)
        yield target, started
    finally:
        if started and not keep:
            with held_back():
                launch.stop_engine(folder)
        owner.leave()
