"""`sandbox wait`: return when a sandbox is proven ready."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("wait")(wait)


def wait(
    name: NameOption = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Give up after this long.")] = 90.0,
    json: JsonOption = False,
) -> None:
    """Wait until the sandbox is ready. Exits 4 when it is not in time."""
    from sandbox.cli.ready import Progress, show_ready
    from sandbox.cli.target import folder_of
    from sandbox.errors import NotRunning
    from sandbox.runtime.launch import engine_of, wait_ready

    folder = folder_of(name)
    if engine_of(folder) is None:
        raise NotRunning(
            f"sandbox {folder.name} is not running", hint=f"start it with `sandbox up --name {folder.name}`"
        )
    with Progress(folder.name) as progress:
        found = wait_ready(folder, None, timeout_s=timeout, on_status=progress.show)
    show_ready(found, json=json, took_s=None)
