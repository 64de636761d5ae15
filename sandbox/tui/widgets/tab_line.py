"""The numbered tabs: a click or the number opens a page."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

__all__ = ["TabLine"]


class TabLine(Static):
    DEFAULT_CSS = """
    TabLine { dock: top; height: 1; margin-top: 1; padding: 0 1; background: $surface; text-wrap: nowrap; }
    """

    class Chosen(Message):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, tabs: Sequence[tuple[str, str]]) -> None:
        """Name and title of each."""
        super().__init__()
        self._tabs = tuple(tabs)
        self._open = ""
        self._places: list[tuple[int, int, str]] = []

    def show(self, name: str) -> None:
        self._open = name
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        for begin, end, name in self._places:
            if begin <= event.x - 1 < end:
                self.post_message(self.Chosen(name))

    def _draw(self) -> None:
        gap, width = 1, self.size.width - 2
        titles = sum(len(title) + 4 for _, title in self._tabs)
        hint = "? help  ^p palette" if titles + 20 <= width else ""
        parts: list[Content] = []
        self._places.clear()
        x = 0
        for number, (name, title) in enumerate(self._tabs, 1):
            text = f" {number} {title} "
            self._places.append((x, x + len(text), name))
            if name == self._open:
                parts.append(Content.styled(text, "bold $background on $info"))
            else:
                parts.append(Content.assemble((f" {number} ", "$info"), (f"{title} ", "$dim")))
            x += len(text) + (gap if width >= 90 else 0)
        line = Content(" " if width >= 90 else "").join(parts)
        self.update(
            Content.assemble(line, " " * max(0, width - line.cell_length - len(hint)), (hint, "$dim")), layout=False
        )
