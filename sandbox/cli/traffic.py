"""`sandbox traffic`: a light mix of records on the platform's topics, so that a fresh sandbox is alive."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["group", "traffic_line"]

group = typer.Typer(help="Ambient traffic: a sandbox that is alive.", no_args_is_help=True, rich_markup_mode=None)


@group.command("start")
def start(
    rate: Annotated[
        str | None, typer.Option(metavar="20/s", help="Records a second in all; 5/s when left out.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="The same seed, the same values.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Publish a light mix of records until stopped.

    Calm events, now and then an ALERT that becomes a plan, and rarely a record that nobody can read.
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    quick = find_target(name).quick
    found = quick.get("/v1/traffic")
    if found["running"] and (rate is None or rate_of(rate) == found["rate_per_s"]) and seed in (None, found["seed"]):
        if not json:
            talk("it runs already")
    else:
        asked = {"rate_per_s": None if rate is None else rate_of(rate), "seed": seed}
        found = quick.post("/v1/traffic", {key: value for key, value in asked.items() if value is not None})
    if json:
        json_data(found)
        return
    data(traffic_line(found))
    talk("  stop it with: sandbox traffic stop", dim=True)


@group.command("stop")
def stop(name: NameOption = None, json: JsonOption = False) -> None:
    """Stop the ambient traffic."""
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    found = find_target(name).quick.delete("/v1/traffic")
    if json:
        json_data(found)
    elif found.get("run") is None:
        talk("there was no traffic")
    else:
        data(f"stopped  {told(found)}")


def rate_of(text: str) -> float:
    """Records a second of `20/s`. Raises UsageError."""
    from sandbox.errors import UsageError
    from sandbox.scenarios.model.bad_value import BadValue
    from sandbox.scenarios.model.units import rate_per_s

    try:
        return rate_per_s(text)
    except BadValue as error:
        raise UsageError(error.message, where="--rate", hint=error.hint) from None


def traffic_line(found: dict[str, Any]) -> str:
    """`traffic  5/s, seed 17, 120 records: 90 ticks, 24 signals…`"""
    return f"traffic  {found['rate_per_s']:g}/s, seed {found['seed']}, {told(found)}"


def told(found: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["records"].items() if count)
    failed = f", {found['failed']} that Kafka did not take" if found["failed"] else ""
    return f"{found['sent']} records{f': {kinds}' if kinds else ''}{failed}"
