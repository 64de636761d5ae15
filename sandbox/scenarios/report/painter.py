"""Puts lines on a stream: plain ones anywhere, coloured ones and a live last line on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TextIO

from sandbox.scenarios.report.printable import printable

__all__ = ["Painter", "PlainPainter", "TerminalPainter", "painter_for"]

Spans = list[tuple[str, str]]
"""Pieces of one line, each with its style: "", dim, bold, good, bad, warn or who."""
PLAIN_WIDTH = 100
FRAMES_PER_S = 8


class Painter(Protocol):
    width: int

    def line(self, spans: Spans) -> None: ...

    def live(self, lines: Callable[[], Sequence[Spans]] | None) -> None:
        """What goes on now, asked for again and again and shown below all lines until the next call; None: nothing."""

    def close(self) -> None: ...


class PlainPainter:
    """One line of text after the other, without what is going on now."""

    width = PLAIN_WIDTH

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def line(self, spans: Spans) -> None:
        self._stream.write("".join(text for text, _ in spans).rstrip() + "\n")
        self._stream.flush()

    def live(self, lines: Callable[[], Sequence[Spans]] | None) -> None:
        return None

    def close(self) -> None:
        return None


class TerminalPainter:
    """Colours and a live end by rich, which is imported here only.

    The live lines are drawn over and over below what stays, and are gone at the end: what stays is a log of the run.
    """

    STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "who": "cyan", "dim": "dim", "bold": "bold", "": ""}

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console: Any = Console(file=stream, highlight=False, soft_wrap=True)
        self._live: Any = None
        self.width = max(60, min(self._console.width, 140))

    def line(self, spans: Spans) -> None:
        self._console.print(self._text(spans))

    def live(self, lines: Callable[[], Sequence[Spans]] | None) -> None:
        from rich.console import Group
        from rich.live import Live

        if self._live is not None:
            self._live.stop()
            self._live = None
        if lines is not None:
            self._live = Live(
                console=self._console,
                get_renderable=lambda: Group(*(self._text(each, cut=True) for each in lines())),
                refresh_per_second=FRAMES_PER_S,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _text(self, spans: Spans, *, cut: bool = False) -> Any:
        """`cut` keeps it on one line, so that what is drawn over has the height it seems to have."""
        from rich.text import Text

        text = Text.assemble(*((printable(text), self.STYLES[style]) for text, style in spans))
        if cut:
            text.no_wrap = True
            text.truncate(self._console.width - 1, overflow="ellipsis")
        return text

    def close(self) -> None:
        self.live(None)


def painter_for(stream: TextIO) -> Painter:
    """By whether the stream is a terminal that wants colours and movement."""
    import os

    dumb = os.environ.get("TERM") == "dumb" or "NO_COLOR" in os.environ or bool(os.environ.get("CI"))
    return TerminalPainter(stream) if stream.isatty() and not dumb else PlainPainter(stream)
