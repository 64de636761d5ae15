"""`sandbox dlq`: dead letters: what failed and why, and sending it again."""

from __future__ import annotations

import time
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["group"]

group = typer.Typer(help="Dead letters: look, replay, purge.", no_args_is_help=True, rich_markup_mode=None)

ANSWER_LIMIT_S = 60.0
"""The first look reads every letter that is new on the DLQ topics: some 5,000 a second."""
ASK_EVERY_S = 0.2
FAILED = 3

TopicArgument = Annotated[str, typer.Argument(metavar="TOPIC", help="The original topic, or its DLQ topic.")]
IdOption = Annotated[list[str] | None, typer.Option("--id", metavar="ID", help="Ids, or their beginnings.")]
CategoryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--category", metavar="C", help="DESERIALIZATION, VALIDATION, DOWNSTREAM_FAILURE, PERSISTENCE, UNKNOWN."
    ),
]
StatusOption = Annotated[
    list[str] | None,
    typer.Option("--status", metavar="S", help="PENDING, RETRYING, RESOLVED, DEAD or SKIPPED."),
]
KeyOption = Annotated[str | None, typer.Option("--key", metavar="K", help="The original key.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", metavar="T", help="Only letters of this tenant.")]
GroupOption = Annotated[str | None, typer.Option("--group", metavar="G", help="The consumer group that gave up.")]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Dead-lettered then or later (ISO-8601).")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Dead-lettered then or earlier.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="For the audit record.")]
TicketOption = Annotated[str | None, typer.Option("--ticket", metavar="TEXT", help="For the audit record.")]


@group.command("list")
def list_letters(
    topic: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="Without it, all DLQ topics.")] = None,
    identity: IdOption = None,
    category: CategoryOption = None,
    status: StatusOption = None,
    key: KeyOption = None,
    tenant: TenantOption = None,
    consumer_group: GroupOption = None,
    start: FromOption = None,
    end: ToOption = None,
    limit: Annotated[int, typer.Option("-n", "--limit", metavar="N", min=1, help="At most so many.")] = 100,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """List DLQ topics, or the letters of one topic.

    The depth of a topic counts the letters that are PENDING.
    """
    from sandbox.cli.dlq_tables import letter_lines, topic_lines
    from sandbox.cli.output import answer, data, json_data, talk
    from sandbox.cli.target import find_target

    quick = find_target(name).patient(ANSWER_LIMIT_S)
    if topic is None:
        topics = quick.get("/v1/dlq")["topics"]
        answer(topics, topic_lines(topics), json=json)
        return
    wanted = _filter(identity, category, status, key, tenant, consumer_group, start, end)
    letters: list[dict[str, Any]] = []
    after, matching = 0, 0
    while len(letters) < limit:
        query = urlencode({**wanted, "after": after, "limit": min(limit - len(letters), 1_000)}, doseq=True)
        page = quick.get(f"/v1/dlq/{quote(topic, safe='')}?{query}")
        letters += page["letters"]
        after, matching = page["next"], page["matching"]
        if not page["letters"]:
            break
    if json:
        json_data(letters)
        return
    for line in letter_lines(letters):
        data(line)
    if matching > len(letters):
        talk(f"{matching - len(letters)} more (--limit)")


@group.command("show")
def show(
    topic: TopicArgument,
    identity: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the beginning of it.")],
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Show one dead letter: what failed, and why.

    With its headers and payload, and what replays did with it.
    """
    from sandbox.cli.dlq_tables import detail_lines
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target

    found = find_target(name).patient(ANSWER_LIMIT_S).get(f"/v1/dlq/{quote(topic, safe='')}/{quote(identity, safe='')}")
    answer(found, detail_lines(found), json=json)


@group.command("replay")
def replay(
    topic: TopicArgument,
    key: KeyOption = None,
    identity: IdOption = None,
    category: CategoryOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    target: Annotated[
        str, typer.Option(metavar="RAW|SHADOW|TOPIC", help="The original topic, its side topic TOPIC.shadow, or any.")
    ] = "RAW",
    status: StatusOption = None,
    tenant: TenantOption = None,
    consumer_group: GroupOption = None,
    start: FromOption = None,
    end: ToOption = None,
    max_messages: Annotated[
        int | None, typer.Option("--max-messages", metavar="N", min=1, help="At most so many letters.")
    ] = None,
    rate: Annotated[float | None, typer.Option("--rate", metavar="N", help="At most so many records a second.")] = None,
    retry_limit: Annotated[
        int,
        typer.Option("--retry-limit", metavar="N", min=1, help="Replayed so often, a record is marked DEAD instead."),
    ] = 3,
    reason: ReasonOption = None,
    ticket: TicketOption = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Return when it is over.")] = True,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Send the original records again, byte for byte. Exits 3 when some could not be sent.

    Ctrl-C stops it (exit 130); what it has not reached stays PENDING, so the same command goes on.
    """
    from sandbox.cli.dlq_tables import replay_lines
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target
    from sandbox.errors import Interrupted

    body = _filter(identity, category, status, key, tenant, consumer_group, start, end) | {
        "target": target, "dryRun": dry_run, "maxMessages": max_messages, "ratePerSecond": rate,
        "retryLimit": retry_limit, "reason": reason, "ticket": ticket,
    }  # fmt: skip
    quick = find_target(name).patient(ANSWER_LIMIT_S)
    found, interrupted = quick.post(f"/v1/dlq/{quote(topic, safe='')}/replay", body), False
    if wait and found["state"] == "running":
        found, interrupted = _until_over(quick, found["replay"])
    answer(found, replay_lines(found), json=json)
    if interrupted:
        raise typer.Exit(Interrupted.exit_code)
    if found["failed"] and not dry_run:
        raise typer.Exit(FAILED)


@group.command("purge")
def purge(
    topic: TopicArgument,
    key: KeyOption = None,
    identity: IdOption = None,
    category: CategoryOption = None,
    status: StatusOption = None,
    tenant: TenantOption = None,
    consumer_group: GroupOption = None,
    start: FromOption = None,
    end: ToOption = None,
    reason: ReasonOption = None,
    ticket: TicketOption = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Give dead letters up: PENDING ones become SKIPPED. The DLQ topic itself is append-only and keeps them."""
    from sandbox.cli.output import data, json_data
    from sandbox.cli.target import find_target

    body = _filter(identity, category, status, key, tenant, consumer_group, start, end)
    body |= {"reason": reason, "ticket": ticket}
    found = find_target(name).patient(ANSWER_LIMIT_S).post(f"/v1/dlq/{quote(topic, safe='')}/purge", body)
    if json:
        json_data(found)
    else:
        data(f"{found['purged']} dead letters of {found['topic']} are SKIPPED now")


@group.command("replays")
def list_replays(name: NameOption = None, json: JsonOption = False) -> None:
    """List the newest replays."""
    from sandbox.cli.dlq_tables import replays_lines
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target

    found = find_target(name).patient(ANSWER_LIMIT_S).get("/v1/dlq-replays")["replays"]
    answer(found, replays_lines(found), json=json)


@group.command("stop")
def stop(
    replay: Annotated[str, typer.Argument(metavar="REPLAY", help="Its id, as `sandbox dlq replays` shows it.")],
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Stop a replay after the records under way.

    What it has not reached stays PENDING.
    """
    from sandbox.cli.dlq_tables import replay_lines
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target

    found = find_target(name).patient(ANSWER_LIMIT_S).delete(f"/v1/dlq-replays/{quote(replay, safe='')}")
    answer(found, replay_lines(found), json=json)


@group.command("auto")
def automatic(
    switch: Annotated[str | None, typer.Argument(metavar="[on|off]", help="Without it, say which.")] = None,
    wait: Annotated[
        float | None,
        typer.Option("--wait", metavar="S", min=0, help="Seconds a letter rests; doubles with each replay."),
    ] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Replay by itself, once what failed has recovered. Letters of DOWNSTREAM_FAILURE and PERSISTENCE only.

    Off unless switched on: letters that vanish by themselves could not be asserted about.
    """
    from sandbox.cli.output import data, json_data
    from sandbox.cli.target import find_target
    from sandbox.errors import UsageError

    if switch not in (None, "on", "off"):
        raise UsageError(f"must be on or off, not {switch!r}", where="[on|off]")
    quick = find_target(name).patient(ANSWER_LIMIT_S)
    found = quick.get("/v1/dlq-automatic")
    if switch is not None or wait is not None:
        enabled = found["enabled"] if switch is None else switch == "on"
        wait_s = found["waitSeconds"] if wait is None else wait
        found = quick.put("/v1/dlq-automatic", {"enabled": enabled, "waitSeconds": wait_s})
    if json:
        json_data(found)
    else:
        data(
            f"automatic replay is {'on' if found['enabled'] else 'off'} (letters rest {found['waitSeconds']:g} s first)"
        )


def _filter(
    identity: list[str] | None,
    category: list[str] | None,
    status: list[str] | None,
    key: str | None,
    tenant: str | None,
    consumer_group: str | None,
    start: str | None,
    end: str | None,
) -> dict[str, Any]:
    """What is given, by the names of the control API."""
    given = {
        "id": identity, "category": [each.upper() for each in category or ()],
        "status": [each.upper() for each in status or ()], "key": key, "tenant": tenant, "group": consumer_group,
        "from": start, "to": end,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def _until_over(quick: Any, replay: str) -> tuple[dict[str, Any], bool]:
    """Wait for the end of a replay: what it came to, and whether Ctrl-C stopped it."""
    from sandbox.cli.output import on_terminal, talk

    try:
        while True:
            found = quick.get(f"/v1/dlq-replays/{replay}")
            if found["state"] != "running":
                return found, False
            if on_terminal():
                typer.echo(f"\r{found['replayed']} of {found['selected']} replayed ", nl=False, err=True)
            time.sleep(ASK_EVERY_S)
    except KeyboardInterrupt:
        talk("stopping…")
        return quick.delete(f"/v1/dlq-replays/{replay}"), True
