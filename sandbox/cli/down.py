"""`sandbox down`: stop a sandbox, from any folder, also after its engine was killed."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command("down")(down)


def down(
    name: NameOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Every sandbox of this user.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the data, the logs and the name too.")] = False,
    json: JsonOption = False,
) -> None:
    """Stop the services, then Kafka. Data stays for the next `up` unless --purge."""
    from sandbox.cli.output import data, json_data
    from sandbox.cli.target import folder_of
    from sandbox.config.folders import StateFolder
    from sandbox.runtime.launch import stop_engine

    folders = list(StateFolder.all()) if everything else [folder_of(name)]
    results = []
    for folder in folders:
        was_running = stop_engine(folder)
        purged = purge and folder.exists()
        if purge:
            folder.purge()
        results.append({"name": folder.name, "was_running": was_running, "purged": purged})
    if json:
        json_data(results)
        return
    if not results:
        data("there is no sandbox")
    for each in results:
        stopped = "stopped" if each["was_running"] else "was not running"
        data(f"sandbox {each['name']} {stopped}{' and removed' if each['purged'] else ''}")
