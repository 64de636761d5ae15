"""`sandbox demo`: the whole system on free ports, one story told on the terminal, nothing left behind."""

from __future__ import annotations

import os
import time

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

READY_LIMIT_S = 120.0
SCENARIO = "golden-path"
HEEDED = ("SANDBOX_RUNTIME", "SANDBOX_OFFLINE", "SANDBOX_JAVA_HOME", "SANDBOX_MIRROR")
"""The demo is the same everywhere, but for what this machine needs."""


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(name: NameOption = None, json: JsonOption = False) -> None:
    """Show the whole system at work, then clean up.

    Starts everything on free ports, sends one event through it and shows what each service did.
    """
    from sandbox.cli.interrupts import held_back
    from sandbox.cli.output import talk
    from sandbox.cli.ready import show_ready
    from sandbox.cli.scenario_run import RunOptions, chosen, run_all
    from sandbox.cli.up import start
    from sandbox.config.folders import StateFolder, share_dir
    from sandbox.config.naming import Project, check_name
    from sandbox.config.settings import resolve_settings
    from sandbox.errors import UsageError
    from sandbox.runtime.launch import stop_engine

    started = time.monotonic()
    project = Project(check_name(name or f"demo-{os.getpid()}"), None)
    folder = StateFolder.of(project.name)
    if folder.exists():
        raise UsageError(
            f"there is a sandbox named {project.name} already, and a demo cleans up after itself",
            where="--name",
            hint=f"leave --name out, or run the story there: `sandbox scenario run {SCENARIO} --name {project.name}`",
        )
    settings = resolve_settings({"ports": "auto"}, environ={key: os.environ.get(key, "") for key in HEEDED})
    try:
        status = start(settings, project, fresh=True, wait_s=READY_LIMIT_S, train=False)
        if not json:
            talk()
            show_ready(status, json=False, took_s=time.monotonic() - started, next_steps=False)
            talk()
        options = RunOptions(name=project.name, json=json)
        code = run_all(chosen([str(share_dir("scenarios") / f"{SCENARIO}.yaml")], [], options), options)
    finally:
        with held_back():
            stop_engine(folder)
            folder.purge()
    if not json:
        talk(f"\nstopped, nothing left behind · {time.monotonic() - started:.1f} s in all", dim=True)
        talk("keep one running with `sandbox up`, then `sandbox scenario run golden-path`", dim=True)
    raise typer.Exit(code)
