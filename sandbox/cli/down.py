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
        was_running = stop_engine(folder, volumes=purge)
        purged = purge and folder.exists()
        if purge:
            folder.purge()
        results.append({"name": folder.name, "was_running": was_running, "purged": purged})
    if everything:
        results += [{"name": orphan, "was_running": False, "purged": True} for orphan in clear_orphans()]
    if json:
        json_data(results)
        return
    if not results:
        data("there is no sandbox")
    for each in results:
        stopped = "stopped" if each["was_running"] else "was not running"
        removed = f"{' and' if each['was_running'] else ', its folder is'} removed" if each["purged"] else ""
        data(f"sandbox {each['name']} {stopped}{removed}")


def clear_orphans() -> list[str]:
    """Remove containers and data of this user's sandboxes whose state folder is gone; returns their names."""
    from sandbox.config.folders import state_root
    from sandbox.runtime.docker.endpoint import find_endpoint

    endpoint = find_endpoint()
    if endpoint is None:
        return []
    from sandbox.runtime.docker.leftovers import clear, orphans

    found = orphans(endpoint, state_root())
    for name, state_dir in found:
        clear(name, state_dir, docker_host=endpoint.url, volumes=True)
    return [name for name, _ in found]
