"""`sandbox reset`: everything, or services, as at the first start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

RESET_LIMIT_S = 90.0


def register(app: typer.Typer) -> None:
    app.command("reset")(reset)


def reset(
    services: Annotated[
        list[str] | None, typer.Argument(metavar="[SERVICE]…", help="capsule, odyssey, plato, audit; all without it.")
    ] = None,
    stores_only: Annotated[
        bool, typer.Option("--stores-only", help="Keep topics, schemas and offsets; implied by SERVICE.")
    ] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Everything, or services, as at the first start.

    Without SERVICE: topics and dead letters are emptied, topics, schemas and groups of your own deleted, stores back
    to their seeds, breakers closed, faults removed, scenarios stopped. Nothing from before comes after.

    With SERVICE, its store is emptied and its breakers are closed; topics, schemas and offsets stay, and
    `sandbox groups reset GROUP --to earliest` builds the store anew from them; what came by REST is in none.
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    quick = find_target(name).patient(RESET_LIMIT_S)
    if not services and not stores_only:
        removed = quick.post("/v1/reset/everything")
        if json:
            json_data(removed)
            return
        for line in removed_lines(removed):
            data(line)
        for each in removed["left"]:
            talk(f"not reset: {each['what']} {each['why']}")
        return
    done = quick.post("/v1/reset", {"services": services or []})["services"]
    if json:
        json_data(done)
        return
    data(f"{', '.join(done)}: as at the first start")
    if not services:
        return
    for each in quick.get("/v1/groups")["groups"]:
        if each["service"] in done:
            talk(f"to build {each['service']} anew from the topics: sandbox groups reset {each['group']} --to earliest")


def removed_lines(removed: Mapping[str, Any]) -> Iterator[str]:
    """What a reset of everything removed, in words."""
    yield f"{', '.join(removed['services']) or 'no service'}: as at the first start, in {removed['tookMs']} ms"
    counts = ("records", "record"), ("letters", "dead letter"), ("faults", "fault")
    told = [f"{removed[name]} {noun}{'' if removed[name] == 1 else 's'}" for name, noun in counts if removed[name]]
    lists = ("topics", "topic"), ("subjects", "subject"), ("runs", "scenario run")
    told += [f"{noun} {each}" for name, noun in lists for each in removed[name]]
    yield f"removed: {', '.join(told) or 'nothing, all was as at the start'}"
    if removed["started"]:
        yield f"started: {', '.join(removed['started'])}"
