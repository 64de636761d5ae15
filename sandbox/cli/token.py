"""`sandbox token`: a bearer token that the sandbox's services accept."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

_SPAN = re.compile(r"(-?\d{1,9})([smhd])\Z")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def register(app: typer.Typer) -> None:
    app.command("token")(token)


def token(
    scope: Annotated[
        list[str], typer.Option("--scope", metavar="S", help="What it may do: read:capsules… (repeatable).")
    ],
    expires: Annotated[
        str, typer.Option(metavar="TIME", help="Valid for 30s, 15m, 1h, 7d; -1m has expired already.")
    ] = "1h",
    subject: Annotated[str, typer.Option(metavar="WHO", help="Whose token it is.")] = "developer",
    tenant: Annotated[str | None, typer.Option(metavar="T", help="The one tenant that it is for.")] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Print a bearer token for the services.

    It stands alone on the last line: TOKEN=$(sandbox token --scope read:capsules).
    """
    import time

    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target
    from sandbox.contracts.instants import format_instant
    from sandbox.errors import UsageError
    from sandbox.services.bearer_token import issue_token, token_claims
    from sandbox.services.settings import HttpSettings

    scopes = tuple(dict.fromkeys(part for each in scope for part in each.replace(",", " ").split()))
    if not scopes:
        raise UsageError("a token needs a scope", where="--scope", hint="for example read:capsules, or admin for all")
    expires_s = span_s(expires)
    target = find_target(name)
    now_s = int(time.time())
    given = {"now_s": now_s, "expires_s": expires_s, "subject": subject, "tenant": tenant}
    made = issue_token(HttpSettings(secret=target.token), scopes, **given)
    expires_at = format_instant((now_s + expires_s) * 1000)
    if json:
        json_data({"token": made, "expiresAt": expires_at, "claims": token_claims(scopes, **given)})
        return
    talk(f"{subject} may {', '.join(scopes)}" + (f" as tenant {tenant}" if tenant else ""), dim=True)
    talk(f"{'expires' if expires_s > 0 else 'expired'} {expires_at}", dim=True)
    warn_of_unknown(scopes)
    data(made)


def span_s(text: str) -> int:
    """Seconds of `30s`, `15m`, `1h`, `7d`, also negative. Raises UsageError."""
    from sandbox.errors import UsageError

    match = _SPAN.match(text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{text!r} is no span of time", where="--expires", hint="write 30s, 15m, 1h or 7d")
    return int(match[1]) * _UNITS_S[match[2]]


def warn_of_unknown(scopes: tuple[str, ...]) -> None:
    """A scope that no route asks for is allowed: the real services may know more. A slip of the pen is more likely."""
    import difflib

    from sandbox.cli.output import talk
    from sandbox.services.bearer_token import SCOPES

    for each in scopes:
        if each not in SCOPES:
            near = difflib.get_close_matches(each, SCOPES, 1)
            guess = f"did you mean {near[0]}?" if near else f"there are {', '.join(SCOPES)}"
            talk(f"no service here asks for the scope {each!r}: {guess}", colour="yellow")
