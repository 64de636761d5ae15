"""`sandbox limits`: how often a client may call each service, changed while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["group"]

group = typer.Typer(help="Request limits: look, change, reset.", no_args_is_help=True, rich_markup_mode=None)

ServiceArgument = Annotated[str, typer.Argument(metavar="SERVICE", help="capsule, odyssey or plato.")]


@group.command("list")
def list_limits(name: NameOption = None, json: JsonOption = False) -> None:
    """Show the requests a minute that one client may make."""
    from sandbox.cli.target import find_target

    show(find_target(name).quick.get("/v1/limits")["limits"], json)


@group.command("set")
def set_limits(
    service: ServiceArgument,
    query: Annotated[int | None, typer.Option(metavar="N", min=0, help="GET and HEAD.")] = None,
    command: Annotated[int | None, typer.Option(metavar="N", min=0, help="POST, PUT, PATCH and DELETE.")] = None,
    admin: Annotated[int | None, typer.Option(metavar="N", min=0, help="Administrative requests.")] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Whether requests are counted at all.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Change the limits of a running service. Windows that have begun go on: `set capsule --query 2` gives 429 soon."""
    from sandbox.cli.target import find_target
    from sandbox.errors import UsageError

    given = {"query": query, "command": command, "admin": admin, "enabled": enabled}
    change = {key: value for key, value in given.items() if value is not None}
    if not change:
        raise UsageError("nothing to change", hint="give --query, --command, --admin, --on or --off")
    show({service: find_target(name).quick.put(path_of(service), change)}, json)


@group.command("reset")
def reset_limits(service: ServiceArgument, name: NameOption = None, json: JsonOption = False) -> None:
    """Go back to the configured limits, counts at nought."""
    from sandbox.cli.target import find_target

    show({service: find_target(name).quick.delete(path_of(service))}, json)


def path_of(service: str) -> str:
    return f"/v1/limits/{quote(service, safe='')}"


def show(limits: Mapping[str, Any], json: bool) -> None:
    from sandbox.cli.output import answer

    answer(limits, limit_lines(limits), json=json)


def limit_lines(limits: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'service':<8}  {'query':>6}  {'command':>7}  {'admin':>6}  window"
    for name, each in limits.items():
        off = "" if each["enabled"] else "  off: nothing is counted"
        counts = f"{each['query']:>6}  {each['command']:>7}  {each['admin']:>6}"
        yield f"{name:<8}  {counts}  {each['windowSeconds']} s{off}"
