"""`sandbox doctor`: what stands in the way of a sandbox here, each with the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

MARKS = {"ok": ("●", "green"), "warning": ("▲", "yellow"), "problem": ("✗", "red")}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    name: NameOption = None,
    fix: Annotated[bool, typer.Option("--fix", help="Remove leftovers of killed engines.")] = False,
    json: JsonOption = False,
) -> None:
    """Check what the sandbox needs of this machine.

    Java, Kafka's jars, ports, disk, memory, leftovers and Docker. Exits 3 when something is in the way.
    """
    import sys
    from dataclasses import asdict

    from sandbox.cli.output import data, json_data
    from sandbox.cli.target import folder_of
    from sandbox.config.naming import find_project
    from sandbox.config.settings import resolve_settings
    from sandbox.runtime.doctor import examine

    settings = resolve_settings({}, file=find_project(Path.cwd()).settings_file)
    checks = examine(settings, folder_of(name), fix=fix)
    if json:
        json_data([asdict(each) for each in checks])
    else:
        for each in checks:
            mark, colour = MARKS[each.verdict]
            shown = typer.style(mark, fg=colour) if sys.stdout.isatty() else mark
            data(f"{shown} {each.name:<18} {each.finding}")
            if each.way_out:
                data(f"  {'':<18} → {each.way_out}")
    raise typer.Exit(3 if any(each.verdict == "problem" for each in checks) else 0)
