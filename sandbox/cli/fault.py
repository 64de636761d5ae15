"""`sandbox fault`: make a service fail on purpose, and stop it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["group"]

group = typer.Typer(help="Faults: make a service fail on purpose.", no_args_is_help=True, rich_markup_mode=None)

KINDS = """
\b
sandbox fault kinds                     every kind, where it acts, its parameters
sandbox fault kinds latency             one of them, explained

\b
of requests:  [--path '/api/v1/history/*'] [--method GET] [--client tenant:acme]
              [--header 'X-Region: eu*']
of records:   [--topic 'perception.*'] [--partition N] [--key 'rim:*'] [--group capsule]
              [--payload severity=ALERT]
of streams:   [--plan ID] [--type 'STEP_*'] [--after-messages N]
of edges:     [--to capsule]
all:          [--probability 0.5 --seed N] [--first N | --nth N | --every N]
              [--begins-in 5s] [--duration 30s] [--on-for 2s --off-for 3s]
"""
LIMIT_S = 90.0
"""A broker or a process that a fault stops or brings back takes its time."""
FREE = {"allow_extra_args": True, "ignore_unknown_options": True}


@group.command("add", context_settings=FREE, epilog=KINDS, options_metavar="--on SERVICE --PARAMETER VALUE…")
def add(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="http-status, latency… See `sandbox fault kinds`.")],
    on: Annotated[str, typer.Option("--on", "--service", metavar="S", help="capsule, odyssey… or kafka, engine.")],
    identity: Annotated[str | None, typer.Option("--as", metavar="ID", help="What it is removed by.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Make something go wrong until it is removed.

    The actuator is left alone unless --path aims at it.

    For example: sandbox fault add http-status --on capsule --status 503
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    body = {"kind": kind, "on": on, "id": identity, "parameters": parameters_of(context.args)}
    found = find_target(name).patient(LIMIT_S).post("/v1/faults", body)
    if json:
        json_data(found)
        return
    data(f"{found['id']}  {found['text']} on {found['on']}")
    over = found.get("over", False)
    talk("  it is over" if over else f"  remove it with: sandbox fault remove {found['id']}", dim=True)


@group.command("kinds")
def kinds(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help="Only this one, explained.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """List the kinds, where they act, their parameters."""
    from sandbox.cli.fault_kinds import explanation_lines, kind_lines
    from sandbox.cli.output import data, json_data
    from sandbox.faults.kinds import fault_kinds

    found = fault_kinds(kind)
    if json:
        json_data(found)
        return
    for line in kind_lines(found) if kind is None else explanation_lines(found[0]):
        data(line)


@group.command("list")
def list_faults(name: NameOption = None, json: JsonOption = False) -> None:
    """List the faults: since when, how often they acted."""
    import time

    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    found = find_target(name).quick.get("/v1/faults")["faults"]
    if json:
        json_data(found)
        return
    if not found:
        talk("there are no faults")
    for line in fault_lines(found, now_ms=time.time() * 1000):
        data(line)


@group.command("remove")
def remove(
    identity: Annotated[str | None, typer.Argument(metavar="[ID]", help="Which, as `fault list` shows it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every fault.")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Remove a fault, or all of them.

    From this instant nothing fails, and what waits goes on.
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target
    from sandbox.errors import UsageError

    if everything == (identity is not None):
        raise UsageError("needs the ID of a fault, or --all", where="remove")
    control = find_target(name).patient(LIMIT_S)
    if identity is not None:
        gone = [control.delete(f"/v1/faults/{quote(identity, safe='')}")]
    else:
        gone = control.delete("/v1/faults")["faults"]
    if json:
        json_data(gone)
        return
    if not gone:
        talk("there were no faults")
    for each in gone:
        data(f"{each['id']}  removed, had acted {each['hits']}×")


def parameters_of(words: list[str]) -> dict[str, str]:
    """`--status 503 --first=5` → `{"status": "503", "first": "5"}`. Raises UsageError."""
    from sandbox.errors import UsageError

    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise UsageError(f"{word!r} is no parameter", where="add", hint="write --status 503")
        if not equals:
            value = next(rest, "--")
            if value.startswith("--"):
                raise UsageError(f"--{name} needs a value", where="add", hint=f"write --{name} VALUE")
        if name in found:
            raise UsageError(f"--{name} is there twice", where="add")
        found[name] = value
    return found


def fault_lines(faults: list[dict[str, Any]], *, now_ms: float) -> Iterable[str]:
    """A head and a line for each fault; nothing without one."""
    if not faults:
        return
    width = max(2, *(len(each["id"]) for each in faults))
    place = max(8, *(len(each["on"]) for each in faults))
    yield f"{'id':<{width}}  {'on':<{place}}  {'acted':>6}  {'since':>7}  {'left':>7}  fault"
    for each in faults:
        since = _seconds(now_ms - each["since_ms"])
        left = "" if each.get("until_ms") is None else _seconds(max(0, each["until_ms"] - now_ms))
        resting = "" if each.get("acting", True) else "  (rests)"
        counted = f"{each['hits']:>6}  {since:>7}  {left:>7}"
        yield f"{each['id']:<{width}}  {each['on']:<{place}}  {counted}  {each['text']}{resting}"


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.0f} s"
