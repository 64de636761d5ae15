"""`sandbox demo`: the whole system on free ports, one story told on the terminal, nothing left behind."""

from __future__ import annotations

import os
import time

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

READY_LIMIT_S = 120.0
SCENARIO = "golden-path"


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(name: NameOption = None, json: JsonOption = False) -> None:
    """Start everything on free ports, send one event through it, show what each service did, and clean up."""
    from sandbox.cli.output import talk
    from sandbox.cli.ready import show_ready
    from sandbox.cli.scenario import run_one
    from sandbox.cli.up import start
    from sandbox.config.folders import StateFolder, share_dir
    from sandbox.config.naming import Project, check_name
    from sandbox.config.settings import resolve_settings
    from sandbox.runtime.launch import stop_engine

    started = time.monotonic()
    project = Project(check_name(name or f"demo-{os.getpid()}"), None)
    folder = StateFolder.of(project.name)
    fresh_folder = not folder.exists()
    settings = resolve_settings({"ports": "auto"}, environ={})
    try:
        status = start(settings, project, fresh=True, wait_s=READY_LIMIT_S, train=False)
        if not json:
            talk()
            show_ready(status, json=False, took_s=time.monotonic() - started, next_steps=False)
            talk()
        code = run_one(share_dir("scenarios") / f"{SCENARIO}.yaml", name=project.name, json=json)
    finally:
        stop_engine(folder)
        if fresh_folder:
            folder.purge()
    if not json:
        talk(f"\nstopped, nothing left behind · {time.monotonic() - started:.1f} s in all", dim=True)
        talk("keep one running with `sandbox up`, then `sandbox scenario run golden-path`", dim=True)
    raise typer.Exit(code)
