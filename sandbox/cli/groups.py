"""`sandbox groups`: who consumes, how far behind, and setting a group to another place."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["group"]

group = typer.Typer(help="Consumer groups: look, set offsets.", no_args_is_help=True, rich_markup_mode=None)

RESET_LIMIT_S = 90.0
"""Members leave, offsets are set, members join again."""

GroupArgument = Annotated[str, typer.Argument(metavar="GROUP", help="Its name, for example odyssey-reflex.")]


@group.command("list")
def list_groups(name: NameOption = None, json: JsonOption = False) -> None:
    """List consumer groups with state, members and lag."""
    from sandbox.cli.group_tables import group_lines
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target

    groups = find_target(name).quick.get("/v1/groups")["groups"]
    answer(groups, group_lines(groups), json=json)


@group.command("describe")
def describe(consumer_group: GroupArgument, name: NameOption = None, json: JsonOption = False) -> None:
    """Show a group's members, offsets and lag.

    Offset, end and lag stand there for each partition.
    """
    from sandbox.cli.group_tables import detail_lines
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target

    found = find_target(name).quick.get(f"/v1/groups/{quote(consumer_group, safe='')}")
    answer(found, detail_lines(found), json=json)


@group.command("reset")
def reset(
    consumer_group: GroupArgument,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="earliest|latest|TIME", help="TIME: 2024-12-03T10:00:00Z, epoch milliseconds, or 10m ago."
        ),
    ],
    topic: Annotated[
        list[str] | None, typer.Option("--topic", metavar="T", help="Only this topic; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Set a group's offsets. It then reads records again, or leaves some out.

    Kafka allows it only while the group has no members: services of this sandbox leave it and join again by
    themselves; any other consumer has to be stopped first.
    """
    from sandbox.cli.group_tables import reset_lines
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target

    quick = find_target(name).patient(RESET_LIMIT_S)
    body = {"to": to, "topics": topic or [], "dryRun": dry_run}
    found = quick.post(f"/v1/groups/{quote(consumer_group, safe='')}/reset", body)
    answer(found, reset_lines(found), json=json)
