"""`sandbox reset`: services as at their first start."""

from __future__ import annotations

from typing import Annotated

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
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Empty the stores of services and close their breakers. Topics, schemas and offsets stay as they are.

    `sandbox groups reset GROUP --to earliest` then builds the store anew from the topics; what came by REST is in none.
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    quick = find_target(name).patient(RESET_LIMIT_S)
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
