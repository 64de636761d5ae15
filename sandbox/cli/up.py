"""`sandbox up`: start a sandbox and return when it has proven itself ready."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

READY_LIMIT_S = 90.0


def register(app: typer.Typer) -> None:
    app.command("up")(up)


def up(
    runtime: Annotated[
        str | None, typer.Option(metavar="auto|embedded|docker", help="Where Kafka and services run.")
    ] = None,
    name: NameOption = None,
    ports: Annotated[
        str | None, typer.Option(metavar="auto|default|BASE", help="Well-known ports, a free block, or from BASE on.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="S", help="Start only this service (repeatable).")] = None,
    without: Annotated[list[str] | None, typer.Option(metavar="S", help="Leave this service out (repeatable).")] = None,
    replace: Annotated[
        list[str] | None, typer.Option(metavar="S=URL", help="Use a real service in place of ours (repeatable).")
    ] = None,
    contracts: Annotated[Path | None, typer.Option(metavar="DIR", help="Topics and schemas of your own.")] = None,
    dialect: Annotated[str | None, typer.Option(metavar="envelope|bare|page", help="Form of REST bodies.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="Resilience profile of every breaker.")] = None,
    auth: Annotated[str | None, typer.Option(metavar="optional|required|off", help="Credentials of callers.")] = None,
    rate_limits: Annotated[
        str | None, typer.Option(metavar="on|off|per-service", help="Request limits of the services.")
    ] = None,
    bind: Annotated[str | None, typer.Option(metavar="ADDR", help="Listen on this address too.")] = None,
    advertise: Annotated[str | None, typer.Option(metavar="HOST", help="Name clients elsewhere reach it by.")] = None,
    isolate: Annotated[bool, typer.Option("--isolate", help="A process of its own for each service.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Drop the data of earlier runs first.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return at once; see `sandbox wait`.")] = False,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay, and stop it with Ctrl-C.")] = False,
    tui: Annotated[bool, typer.Option("--tui", help="Then open the user interface.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what is in the cache.")] = False,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="How long to wait for it.")] = READY_LIMIT_S,
    json: JsonOption = False,
) -> None:
    """Start the sandbox; return when it is proven ready.

    That is Kafka, the Schema Registry, CAPSULE, ODYSSEY, PLATO and audit. Already running: says so.
    """
    from sandbox.cli.ready import show_ready
    from sandbox.config.naming import Project, check_name, find_project
    from sandbox.config.settings import resolve_settings

    started = time.monotonic()
    given = name or os.environ.get("SANDBOX_NAME")
    project = find_project(Path.cwd())
    flags: dict[str, Any] = {
        "runtime": runtime, "ports": ports, "only": only, "without": without, "replace": replace,
        "contracts": contracts, "dialect": dialect, "profile": profile, "bind": bind, "advertise": advertise,
        "isolate": isolate, "offline": offline, "auth": auth, "rate_limits": rate_limits,
    }  # fmt: skip
    settings = resolve_settings(flags, file=project.settings_file)
    chosen = Project(check_name(given), None) if given else project
    status = start(settings, chosen, fresh=fresh, wait_s=None if no_wait else timeout, foreground=foreground)
    if not foreground:
        show_ready(status, json=json, took_s=time.monotonic() - started)
    if tui:
        from sandbox.cli.tui import open_tui

        open_tui(name)


def start(
    settings: Any, project: Any, *, fresh: bool, wait_s: float | None, foreground: bool = False, train: bool = True,
    owner: Any = None,
) -> dict[str, Any]:  # fmt: skip
    """Start the sandbox of `project`, or find it running. Returns its status.

    With an `Owner`, a sandbox that is started for it belongs to this process.
    """
    from sandbox.cli.interrupts import held_back
    from sandbox.cli.output import talk
    from sandbox.cli.ready import Progress
    from sandbox.cli.revive import revive
    from sandbox.cli.target import refuse_other_project
    from sandbox.config.folders import StateFolder, cache_dir
    from sandbox.errors import NotReady
    from sandbox.runtime import launch
    from sandbox.runtime.choice import choose_runtime
    from sandbox.runtime.data_swap import DataSwap
    from sandbox.runtime.prepare import fetch

    folder = StateFolder.of(project.name)
    way_out = f"choose another name with --name, or remove that one: `sandbox down --purge --name {folder.name}`"
    refuse_other_project(folder, project, hint=way_out)
    with Progress(folder.name) as progress:
        if launch.is_served(folder):
            return revive(folder, progress, wait_s=wait_s or 5.0)
        tell_of_contracts(settings)
        launch.clear_leftovers(folder, volumes=fresh)
        choice = choose_runtime(settings, folder)
        if choice.why:
            talk(f"runtime {choice.runtime}: {choice.why}", dim=True)
        docker = grounds(settings, folder, progress) if choice.runtime == "docker" else None
        plan = launch.make_plan(settings, folder, train=train, docker=docker)
        if docker is None:
            fetch(cache_dir(), settings, progress=progress)
        if fresh:
            DataSwap(folder.path).recover()  # or it would come back
            folder.remove_data()
        folder.create()
        record = {
            "project": str(project.folder) if project.folder else None,
            "runtime": plan.runtime,
            "ports": plan.ports,
        }
        folder.write_record({**folder.record(), **record})
        process = None
        try:
            with held_back():
                end = owner.take() if owner else None
                process = launch.launch(plan, folder, foreground=foreground, owner=end)
            return attend(folder, process, progress, wait_s=wait_s, foreground=foreground)
        except NotReady:
            raise
        except BaseException:
            progress.close()
            if process is not None:
                launch.stop_or_kill(folder, process)
            raise


def tell_of_contracts(settings: Any) -> None:
    """Say what our services miss in a team's contracts. Raises InvalidFile before anything has been started."""
    if settings.contracts is None:
        return
    from sandbox.cli.output import talk
    from sandbox.cli.swap_lines import contract_lines
    from sandbox.runtime.team_contracts import findings, load_contracts

    found = [each.to_json() for each in findings(load_contracts(settings.contracts), settings.services())]
    for line in contract_lines(str(settings.contracts), found):
        talk(line)


def grounds(settings: Any, folder: Any, progress: Any) -> dict[str, Any]:
    """What containers need before they start, images included, as fields of the plan."""
    from dataclasses import asdict

    from sandbox.cli.output import talk
    from sandbox.config.folders import cache_dir
    from sandbox.runtime.docker.preparation import prepare, refuse_foreign

    refuse_foreign(folder)
    found = asdict(prepare(cache_dir(), offline=settings.offline, progress=progress))
    if not found["engine_reachable"]:
        talk("containers cannot reach this machine on this Docker engine: what they tell stays with them", dim=True)
    return found


def attend(folder: Any, process: Any, progress: Any, *, wait_s: float | None, foreground: bool) -> dict[str, Any]:
    """Watch the engine become ready and, in the foreground, until it ends."""
    from sandbox.cli.ready import show_ready
    from sandbox.runtime import launch

    if wait_s is None:
        return launch.wait_answering(folder, process)
    status = launch.wait_ready(folder, process, timeout_s=wait_s, on_status=progress.show)
    if foreground:
        progress.close()
        show_ready(status, json=False, took_s=None)
        process.wait()
    return status
