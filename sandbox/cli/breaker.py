"""`sandbox breaker`: the services' circuit breakers: how they stand, and moving them by hand."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["group"]

group = typer.Typer(help="Circuit breakers: look, open, close, hold.", no_args_is_help=True, rich_markup_mode=None)

OPERATIONS = {
    "open": "Open it: no calls until its wait is over.",
    "close": "Close it: calls are permitted and measured.",
    "half-open": "Half-open it: the next few calls decide.",
    "reset": "Back to CLOSED, with nothing measured yet.",
    "disable": "Permit every call, measure nothing.",
    "force-open": "Permit no call until told otherwise.",
    "metrics-only": "Permit every call, measure, never open.",
}
"""As `contracts.operations` lists them, with what each does."""


@group.command("list")
def list_breakers(name: NameOption = None, json: JsonOption = False) -> None:
    """List the breakers: state, rates, calls counted."""
    from sandbox.cli.breaker_table import breaker_lines
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    found = find_target(name).quick.get("/v1/breakers")["breakers"]
    if json:
        json_data(found)
        return
    if not found:
        talk("no service that is ready has a breaker")
    for line in breaker_lines(found):
        data(line)


def operate(operation: str, breaker: str, name: str | None, json: bool) -> None:
    from sandbox.cli.breaker_table import breaker_lines
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target

    quick = find_target(name).quick
    before = check_known(breaker, quick.get("/v1/breakers")["breakers"])
    path = "/".join(quote(part, safe="") for part in (*breaker.split("/", 1), operation))
    after = quick.post(f"/v1/breakers/{path}")
    if json:
        json_data(after)
        return
    talk(f"{breaker}: {before['state']} → {after['state']}", dim=True)
    for line in breaker_lines({breaker: after}):
        data(line)


def check_known(breaker: str, known: dict[str, Any]) -> dict[str, Any]:
    """How the breaker stands. Raises UnknownName with the nearest name."""
    import difflib

    from sandbox.errors import UnknownName

    if breaker not in known:
        near = [each for each in known if each.endswith(f"/{breaker}")] or difflib.get_close_matches(breaker, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
        raise UnknownName(f"there is no breaker {breaker!r}", where="BREAKER", hint=hint)
    return known[breaker]


def _add(operation: str, help_text: str) -> None:
    @group.command(operation, help=help_text)
    def command(
        breaker: Annotated[str, typer.Argument(metavar="BREAKER", help="For example odyssey/capsule.")],
        name: NameOption = None,
        json: JsonOption = False,
    ) -> None:
        operate(operation, breaker, name, json)


for each, text in OPERATIONS.items():
    _add(each, text)
