"""A JSON value as lines of a tree. Pure: which lines there are depends on the value and on what is folded."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from textual.content import Content

__all__ = ["JsonLine", "compact", "json_lines", "summary"]

SUMMARY_LIMIT = 400


@dataclass(frozen=True, slots=True)
class JsonLine:
    """`path` is a JSONPath; `text` the value, of a folded or empty part its size. `tone` is a theme's variable."""

    path: str
    depth: int
    name: str
    text: str
    tone: str
    holds: bool = False
    folded: bool = False
    value: Any = None


def json_lines(value: Any, folded: Collection[str] = ()) -> list[JsonLine]:
    """One line for each value, its parts below it unless its path is `folded`. The outermost has no line of its own."""
    if isinstance(value, Mapping | list) and value:
        return [line for name, path, part in _parts(value, "$") for line in _lines(name, path, part, 0, folded)]
    return list(_lines("", "$", value, 0, folded))


def compact(value: Any) -> str:
    """On one line: `{"id": 1}`; a text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def summary(value: Any, key: str | None = None) -> Content:
    """A record on one line: single values first; what is empty, and what the key says already, is left out."""
    if not isinstance(value, Mapping):
        return Content(compact(value)[:SUMMARY_LIMIT])
    parts: list[Any] = []
    length = 0
    plain = [pair for pair in value.items() if not isinstance(pair[1], Mapping | list)]
    others = [pair for pair in value.items() if isinstance(pair[1], Mapping | list)]
    for name, part in plain + others:
        if part is None or part == key or part in ("", {}, []):
            continue
        text = compact(part)
        parts += [(f"{name} ", "$dim"), f"{text}  "]
        length += len(name) + len(text)
        if length > SUMMARY_LIMIT:
            break
    return Content.assemble(*parts) if parts else Content(compact(value))


def _lines(name: str, path: str, value: Any, depth: int, folded: Collection[str]) -> Iterator[JsonLine]:
    holds = isinstance(value, Mapping | list) and bool(value)
    is_folded = holds and path in folded
    text, tone = _told(value, is_folded)
    yield JsonLine(path, depth, name, text, tone, holds, is_folded, value)
    if holds and not is_folded:
        for each, below, part in _parts(value, path):
            yield from _lines(each, below, part, depth + 1, folded)


def _parts(value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            plain = name.isidentifier()
            yield name, f"{path}.{name}" if plain else f"{path}[{json.dumps(name)}]", part
    else:
        for place, part in enumerate(value):
            yield f"[{place}]", f"{path}[{place}]", part


def _told(value: Any, folded: bool) -> tuple[str, str]:
    if isinstance(value, Mapping):
        return (f"{{…}} {len(value)}" if folded else "" if value else "{}"), "$dim"
    if isinstance(value, list):
        return (f"[…] {len(value)}" if folded else "" if value else "[]"), "$dim"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False), "$good"
    if value is None or isinstance(value, bool):
        return json.dumps(value), "$warn"
    return json.dumps(value), "$info"
