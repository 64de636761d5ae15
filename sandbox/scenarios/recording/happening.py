"""What was recorded: records, calls and streams, as the engine tells of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["Call", "Happening", "Publish", "Stream", "happenings", "scalars"]

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    """A record from outside. `raw` is base64 of bytes that are no value of the topic's contract."""

    at_ms: int
    topic: str
    key: str | None
    headers: Mapping[str, str]
    value: Any = None
    raw: str | None = None

    def inputs(self) -> Iterator[Any]:
        """Every scalar that came from outside."""
        yield from (self.key, *self.headers.values())
        yield from (value for _, value in scalars(self.value))


@dataclass(frozen=True, slots=True)
class Call:
    """A request and its answer; both bodies decoded where they are JSON. `has_body` and `cut` as they came."""

    at_ms: int
    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int
    body: Any = None
    answer: Any = None
    cut: bool = False

    def inputs(self) -> Iterator[Any]:
        parts = urlsplit(self.path)
        yield from (unquote(part) for part in parts.path.split("/") if part)
        yield from (value for _, value in parse_qsl(parts.query))
        yield from self.headers.values()
        yield from (value for _, value in scalars(self.body))

    @property
    def asks(self) -> tuple[str, str, str]:
        return self.service, self.method, self.path


@dataclass(frozen=True, slots=True)
class Stream:
    """A WebSocket connection. `at_ms` is when the last message came: a late client gets a run from its beginning."""

    at_ms: int
    service: str
    path: str
    types: tuple[str, ...] = field(default=())

    def inputs(self) -> Iterator[Any]:
        yield from (unquote(part) for part in urlsplit(self.path).path.split("/") if part)


Happening = Publish | Call | Stream


def happenings(events: list[Mapping[str, Any]]) -> list[Happening]:
    """In the order of time."""
    return sorted((_KINDS[each["kind"]](each) for each in events), key=lambda each: each.at_ms)


def scalars(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every text, number and truth value in a document, with its place."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from scalars(each, (*path, str(name)))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from scalars(each, (*path, place))
    elif value is not None:
        yield path, value


def _publish(event: Mapping[str, Any]) -> Publish:
    return Publish(event["at_ms"], event["topic"], event["key"], event["headers"], event["value"], event["raw"])


def _call(event: Mapping[str, Any]) -> Call:
    return Call(
        event["at_ms"], event["service"], event["method"], event["path"], event["headers"], event["status"],
        _decoded(event["body"]), _decoded(event["answer"]), event["cut"],
    )  # fmt: skip


def _stream(event: Mapping[str, Any]) -> Stream:
    at_ms = event["until_ms"] if event["types"] else event["at_ms"]
    return Stream(at_ms, event["service"], event["path"], tuple(event["types"]))


def _decoded(text: str | None) -> Any:
    """JSON as a value, any other text as it is."""
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return text


_KINDS = {"record": _publish, "call": _call, "stream": _stream}
