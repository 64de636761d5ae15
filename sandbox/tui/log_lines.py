"""Log lines as the page keeps and shows them: bounded, filtered, wrapped. Knows nothing of screens."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.control.logs_models import LogLine

__all__ = ["LEVELS", "LogRow", "LogShelf"]

LINES_KEPT = 5_000
LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")
IDS = ("correlationId", "requestId", "traceId")


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the table: a line, or with wrapping a further part of it. `number` counts lines as they came."""

    number: int
    part: int
    text: str
    line: LogLine

    @property
    def identity(self) -> str | None:
        """The correlation id, or what there is in its place."""
        return next((str(self.line.fields[name]) for name in IDS if self.line.fields.get(name)), None)


class LogShelf:
    """The newest lines."""

    def __init__(self) -> None:
        self._lines: deque[tuple[int, LogLine]] = deque(maxlen=LINES_KEPT)
        self._came = 0

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, lines: Iterable[LogLine]) -> None:
        for line in lines:
            self._came += 1
            self._lines.append((self._came, line))

    def clear(self) -> None:
        self._lines.clear()

    @property
    def components(self) -> list[str]:
        return sorted({line.component for _, line in self._lines})

    def rows(self, *, level: str, component: str | None, text: str, wrap: int | None) -> list[LogRow]:
        """Those of this level and above, with each word of `text`; `wrap` is the width that they are broken to."""
        words = text.lower().split()
        levels = LEVELS[LEVELS.index(level) :]
        return [
            LogRow(number, part, piece, line)
            for number, line in self._lines
            if (component is None or line.component == component)
            and (line.level or "INFO") in levels
            and (not words or _has(line, words))
            for part, piece in enumerate(_pieces(line.message, wrap))
        ]


def _has(line: LogLine, words: list[str]) -> bool:
    ids = " ".join(str(line.fields.get(name, "")) for name in IDS)
    text = f"{line.component} {line.message} {line.fields.get('logger', '')} {ids}".lower()
    return all(word in text for word in words)


def _pieces(message: str, wrap: int | None) -> Iterator[str]:
    text = "".join(each if each.isprintable() else " " for each in message)
    if wrap is None or len(text) <= wrap:
        yield text
    else:
        yield from textwrap.wrap(text, max(8, wrap), drop_whitespace=True) or [""]
