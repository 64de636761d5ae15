"""The log files of all components as one stream of lines: the newest first time, then what has come since."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.contracts.instants import parse_instant
from sandbox.errors import UsageError
from sandbox.observe.log_file import service_of

__all__ = ["LEVELS", "LogFolder", "LogLine"]

LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")
TAIL_BYTES = 512 * 1024
CHUNK_BYTES = 256 * 1024
_KAFKA = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\S+) (?P<level>[A-Z]+) (?P<message>.*)", re.DOTALL)
_SAME = {"WARNING": "WARN", "CRITICAL": "ERROR", "FATAL": "ERROR", "TRACE": "DEBUG"}
_IDS = ("requestId", "correlationId", "traceId")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `level` is one of LEVELS, None where the line has none; `fields` are what it says besides."""

    component: str
    at_ms: int | None
    level: str | None
    message: str
    fields: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "component": self.component,
            "at_ms": self.at_ms,
            "level": self.level,
            "message": self.message,
            "fields": dict(self.fields),
        }

    def is_under(self, identity: str) -> bool:
        """Whether it carries this request, correlation or trace id."""
        return identity in (self.fields.get(name) for name in _IDS)


class LogFolder:
    """Reads `*.log` of a folder. It remembers nothing: a cursor says how far each file was read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def page(
        self, after: str | None, *, limit: int, wanted: Callable[[LogLine], bool] = lambda _: True
    ) -> dict[str, Any]:
        """A `LogPage`: the last `limit` lines that are `wanted`, or what came `after` a page's `next`.

        Of each file at most half a megabyte is looked at the first time and a quarter each time after; `more` says
        that there is more already. A file that begins anew is read from its beginning. Raises UsageError for a cursor
        that is none.
        """
        positions = None if after is None else _positions(after)
        lines: list[LogLine] = []
        ends: dict[str, int] = {}
        more = False
        for path in sorted(self._folder.glob("*.log")):
            name = path.stem
            try:
                texts, ends[name], size = _read(path, None if positions is None else positions.get(name, 0))
            except FileNotFoundError:
                continue
            more = more or (ends[name] < size and len(texts) > 0)
            lines += _lines(name, texts)
        lines = sorted((line for line in lines if wanted(line)), key=lambda line: line.at_ms or 0)
        shown = lines[-limit:] if after is None else lines
        cursor = ",".join(f"{name}:{end}" for name, end in ends.items())
        return {"lines": [line.to_json() for line in shown], "next": cursor, "more": more and after is not None}


def _positions(cursor: str) -> dict[str, int]:
    found = {}
    for part in filter(None, cursor.split(",")):
        name, _, number = part.rpartition(":")
        if not name or not number.isdecimal():
            raise UsageError("is no cursor", where="after", hint="give `next` of the page before, or nothing")
        found[name] = int(number)
    return found


def _read(path: Path, position: int | None) -> tuple[list[str], int, int]:
    """Whole lines from a position on, or the last ones; where they end; the file's size."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(0, size - TAIL_BYTES) if position is None else position if position <= size else 0
        file.seek(begin)
        chunk = file.read(TAIL_BYTES if position is None else CHUNK_BYTES)
    whole = chunk.rfind(b"\n") + 1
    if whole == 0 and len(chunk) >= CHUNK_BYTES:
        whole = len(chunk)  # one line that is longer than a page comes in pieces
    texts = chunk[:whole].decode(errors="replace").splitlines()
    cut = position is None and begin > 0
    return texts[1:] if cut else texts, begin + whole, size


def _lines(file: str, texts: list[str]) -> list[LogLine]:
    """What stands below a line without a time of its own, such as a stack trace, belongs to it."""
    found: list[LogLine] = []
    for text in texts:
        if not text:
            continue
        line = _line(file, text)
        if line.at_ms is None and found:
            before = found[-1]
            line = LogLine(before.component, before.at_ms, before.level, text, {**before.fields, "continued": True})
        found.append(line)
    return found


def _line(file: str, text: str) -> LogLine:
    fields: Any = None
    if text.startswith("{"):
        with contextlib.suppress(ValueError):
            fields = json.loads(text)
    if isinstance(fields, dict):
        component = fields.pop("service", None) or service_of(str(fields.get("logger", ""))) or file
        at_ms, level = _instant(fields.pop("timestamp", None)), _level(fields.pop("level", None))
        return LogLine(str(component), at_ms, level, str(fields.pop("message", "")), fields)
    if match := _KAFKA.fullmatch(text):
        return LogLine(file, _instant(match["at"]), _level(match["level"]), match["message"], {})
    return LogLine(file, None, None, text, {})


def _instant(given: Any) -> int | None:
    if not isinstance(given, str):
        return None
    try:
        return parse_instant(given.replace(",", "."))
    except UsageError:
        return None


def _level(given: Any) -> str | None:
    level = _SAME.get(str(given), str(given))
    return level if level in LEVELS else None
