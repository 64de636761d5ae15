"""Puts lines on a stream: plain ones anywhere, coloured ones and a live last line on a terminal."""

from __future__ import annotations

from typing import Any, Protocol, TextIO

__all__ = ["Painter", "PlainPainter", "TerminalPainter", "painter_for"]

Spans = list[tuple[str, str]]
"""Pieces of one line, each with its style: "", dim, bold, good, bad, warn or who."""
PLAIN_WIDTH = 100


class Painter(Protocol):
    width: int

    def line(self, spans: Spans) -> None: ...

    def busy(self, text: str | None) -> None:
        """What is going on now, shown below all lines until the next call; None for nothing."""

    def close(self) -> None: ...


class PlainPainter:
    """One line of text after the other, without what is going on now."""

    width = PLAIN_WIDTH

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def line(self, spans: Spans) -> None:
        self._stream.write("".join(text for text, _ in spans).rstrip() + "\n")
        self._stream.flush()

    def busy(self, text: str | None) -> None:
        return None

    def close(self) -> None:
        return None


class TerminalPainter:
    """Colours and a spinner by rich, which is imported here only."""

    STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "who": "cyan", "dim": "dim", "bold": "bold", "": ""}

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console: Any = Console(file=stream, highlight=False, soft_wrap=True)
        self._status: Any = None
        self.width = max(60, min(self._console.width, 140))

    def line(self, spans: Spans) -> None:
        from rich.text import Text

        self._console.print(Text.assemble(*((text, self.STYLES[style]) for text, style in spans)))

    def busy(self, text: str | None) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        if text is not None:
            from rich.markup import escape

            self._status = self._console.status(escape(text[: self.width - 4]), spinner="dots")
            self._status.start()

    def close(self) -> None:
        self.busy(None)


def painter_for(stream: TextIO) -> Painter:
    """By whether the stream is a terminal that wants colours."""
    import os

    dumb = os.environ.get("TERM") == "dumb" or "NO_COLOR" in os.environ
    return TerminalPainter(stream) if stream.isatty() and not dumb else PlainPainter(stream)
