"""`sandbox topics`: which topics there are, and what flows through one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli.options import JsonOption, NameOption
from sandbox.cli.topics_produce import produce

__all__ = ["description_lines", "group"]

group = typer.Typer(help="Topics and their records.", no_args_is_help=True, rich_markup_mode=None)


@group.command("list")
def list_topics(
    internal: Annotated[bool, typer.Option("--internal", help="Kafka's own topics too.")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """List topics with partitions and records."""
    from sandbox.cli.output import data, json_data
    from sandbox.cli.target import find_target

    found = find_target(name).quick.get("/v1/topics")["topics"]
    topics = [each for each in found if internal or not each.get("internal")]
    if json:
        json_data(topics)
        return
    width = max((len(each["name"]) for each in topics), default=5)
    data(f"{'topic':<{width}}  {'partitions':>10}  {'records':>10}")
    for each in topics:
        data(f"{each['name']:<{width}}  {each['partitions']:>10}  {each['records']:>10}")


@group.command("describe")
def describe(
    topic: Annotated[str, typer.Argument(help="Name of the topic, for example rim.fast-path.")],
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Show a topic's contract, settings and offsets."""
    from sandbox.cli.output import answer
    from sandbox.cli.target import find_target

    found = find_target(name).quick.get(f"/v1/topics/{quote(topic, safe='')}")
    answer(found, description_lines(found), json=json)


group.command("produce")(produce)


def description_lines(topic: Mapping[str, Any]) -> Iterator[str]:
    partitions, contract = topic["partitions"], topic["contract"]
    counts = f"{len(partitions)} partitions  replication {topic['replication']}  {topic['records']} records"
    yield f"{topic['name']}  {counts}"
    if contract is None:
        yield "  no contract"
    else:
        yield f"  key     {contract['key']}"
        yield f"  value   {' '.join(filter(None, (contract['format'], contract['schema'])))}"
    for setting, value in topic["config"].items():
        yield f"  {setting}={value}"
    yield f"  {'partition':>9}  {'begin':>10}  {'end':>10}"
    for each in partitions:
        yield f"  {each['partition']:>9}  {each['begin']:>10}  {each['end']:>10}"


@group.command("tail")
def tail(
    topic: Annotated[str, typer.Argument(help="Name of the topic, for example rim.fast-path.")],
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="Start with the oldest record.")] = False,
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", help="Stop after N records; 0 goes on.")] = 0,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Print records as they come, Avro decoded.

    What cannot be decoded is shown in hex, with the reason.
    """
    import asyncio

    from sandbox.cli.target import find_target

    asyncio.run(_tail(find_target(name), topic, "earliest" if from_beginning else "latest", count, json))


async def _tail(target: Any, topic: str, start: str, count: int, json: bool) -> None:
    from contextlib import aclosing

    from sandbox.cli.output import talk
    from sandbox.control.client import ControlClient

    seen = 0
    talk(f"records of {topic} from the {'first' if start == 'earliest' else 'next'} one on; Ctrl-C ends it", dim=True)
    async with ControlClient(target.url, target.token) as client, aclosing(client.tail(topic, start=start)) as records:
        async for record in records:
            _print(record.model_dump(), json)
            seen += 1
            if count and seen >= count:
                return


def _print(record: dict[str, Any], json: bool) -> None:
    import json as json_module

    from sandbox.cli.output import data

    if json:
        data(json_module.dumps(record, ensure_ascii=False))
        return
    place = f"{record['topic']}-{record['partition']}@{record['offset']}"
    data(f"{place}  key={record['key']}")
    if record.get("error"):
        data(f"    cannot be decoded: {record['error']}")
    value = record["value"]
    data(f"    {json_module.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value}")
