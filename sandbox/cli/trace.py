"""`sandbox trace`: what happened under one id, over REST, Kafka, breakers, dead letters and WebSocket."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

ARRIVAL_S = 1.0
"""How long facts may be on their way to the engine."""
LOOK_BACK_FACTS = 500
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\Z")


def register(app: typer.Typer) -> None:
    app.command("trace")(trace)


def trace(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="X-Request-ID, X-Correlation-ID, a trace id or traceparent.")
    ],
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Show what happened under an id, as a tree.

    Who caused what, when, and how long it took.
    """
    import sys

    from sandbox.cli.output import json_data, talk
    from sandbox.cli.target import find_target
    from sandbox.cli.trace_lines import trace_lines
    from sandbox.scenarios.report.painter import PlainPainter, painter_for

    found = timeline(find_target(name).quick, identity)
    if json:
        json_data(found)
        return
    painter = painter_for(sys.stdout)
    for line in trace_lines(found, width=painter.width, clip=not isinstance(painter, PlainPainter)):
        painter.line(line)
    if found["truncated"]:
        talk("there is more: only the first facts are shown")


def timeline(quick: Any, identity: str) -> dict[str, Any]:
    """The answer of `GET /v1/traces/{id}`. Raises UnknownName when nothing has come under the id in a moment."""
    from sandbox.errors import UnknownName

    if match := _TRACEPARENT.match(identity.strip().lower()):
        identity = match[1]
    path = f"/v1/traces/{quote(identity, safe='')}"
    found = quick.get(path)
    if not found["facts"]:
        query = urlencode({"under": identity, "after": -LOOK_BACK_FACTS, "limit": 1, "wait_s": ARRIVAL_S})
        if quick.get(f"/v1/facts?{query}")["facts"]:
            found = quick.get(path)
    if not found["facts"]:
        newest = newest_story(quick)
        hint = "take X-Request-ID, X-Correlation-ID or traceparent from an answer or a record"
        raise UnknownName(
            f"nothing is known under {identity!r}",
            where="ID",
            hint=f"{hint}; the newest story is {newest}" if newest else hint,
        )
    return found


def newest_story(quick: Any) -> str | None:
    """The correlation id of what was done last, health checks aside."""
    kinds = "RequestServed,RecordProduced,ScenarioStarted"
    facts = quick.get(f"/v1/facts?{urlencode({'after': -LOOK_BACK_FACTS, 'limit': LOOK_BACK_FACTS, 'kind': kinds})}")[
        "facts"
    ]
    told = [each for each in facts if not str(each.get("route", "")).startswith("/actuator")]
    return next((each["correlation_id"] for each in reversed(told) if each.get("correlation_id")), None)
