"""`sandbox topics produce`: records from a file or stdin, encoded by the topic's contract or sent as they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["documents", "header_pairs", "produce"]

STDIN = "-"
ANSWER_LIMIT_S = 15.0
"""The engine tries for 10 s to have a record acknowledged."""


def produce(
    topic: Annotated[str, typer.Argument(help="Name of the topic, for example rim.fast-path.")],
    key: Annotated[str | None, typer.Option(metavar="K", help="The records' key. Without it they have none.")] = None,
    header: Annotated[list[str] | None, typer.Option(metavar="N=V", help="A header (repeatable).")] = None,
    partition: Annotated[int | None, typer.Option(metavar="N", min=0, help="Default: by the key.")] = None,
    file: Annotated[str, typer.Option(metavar="F", help="Where the values come from; - is stdin.")] = STDIN,
    raw: Annotated[bool, typer.Option("--raw", help="Send the bytes as they are, as one value.")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Publish JSON values, encoded by the topic's contract.

    The file holds one JSON object, or several one after another, each a record; null is a tombstone. Trace headers
    are added where --header gives none. With --raw anything goes, for example a record that nobody can decode.
    """
    import json as json_module
    from base64 import b64encode

    from sandbox.cli.output import data
    from sandbox.cli.target import find_target

    record: dict[str, Any] = {"key": key, "headers": header_pairs(header or []), "partition": partition}
    content = _content(file)
    values: list[dict[str, Any]] = (
        [{"value_base64": b64encode(content).decode()}]
        if raw
        else [{"value": value} for value in documents(content, STDIN if file == STDIN else str(Path(file)))]
    )
    control = find_target(name).patient(ANSWER_LIMIT_S)
    for value in values:
        sent = control.post(f"/v1/topics/{quote(topic, safe='')}/records", record | value)
        if json:
            data(json_module.dumps(sent, ensure_ascii=False))
        else:
            data(f"{sent['topic']}-{sent['partition']}@{sent['offset']}  {sent['requestId']}")


def header_pairs(given: list[str]) -> dict[str, str]:
    """`NAME=VALUE` each. Raises UsageError."""
    from sandbox.errors import UsageError

    headers: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise UsageError(f"{each!r} is no header", where="--header", hint="write NAME=VALUE")
        headers[name] = value
    return headers


def documents(content: bytes, where: str) -> Iterator[Any]:
    """The JSON values that stand one after another. Raises UsageError with the place; at least one is wanted."""
    import json as json_module

    from sandbox.errors import UsageError

    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8", where=where, hint="send bytes as they are with --raw") from None
    decoder, end = json_module.JSONDecoder(), _next(text, 0)
    if end == len(text):
        raise UsageError("there is no value", where=where, hint="null is a tombstone, --raw sends an empty value")
    while end < len(text):
        try:
            value, end = decoder.raw_decode(text, end)
        except json_module.JSONDecodeError as error:
            place = f"{where}:{error.lineno}:{error.colno}"
            raise UsageError(f"is not JSON: {error.msg}", where=place, hint="--raw sends bytes as they are") from None
        yield value
        end = _next(text, end)


def _next(text: str, start: int) -> int:
    """The place of the next character that is no white space, or the text's length."""
    return next((place for place in range(start, len(text)) if not text[place].isspace()), len(text))


def _content(file: str) -> bytes:
    """Raises UsageError when the file cannot be read."""
    from sandbox.cli.output import talk
    from sandbox.errors import UsageError

    if file == STDIN:
        if sys.stdin.isatty():
            talk("reading values from the terminal; end with Ctrl-D")
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=file) from None
