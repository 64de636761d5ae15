"""A framed block of lines with a title: what does not fit is cut, never wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

__all__ = ["Panel"]


class Panel(Static, can_focus=True):
    """`write` puts lines in it; writing the same again draws nothing. Enter or a second click posts `Opened`."""

    DEFAULT_CSS = """
    Panel {
        border: round $border; border-title-color: $dim; border-title-style: none; border-subtitle-color: $dim;
        padding: 0 1; height: auto; text-wrap: nowrap; text-overflow: ellipsis;
        &:focus { border: round $info; border-title-color: $info; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "open", show=False)]

    class Opened(Message):
        def __init__(self, panel: Panel) -> None:
            super().__init__()
            self.panel = panel

        @property
        def control(self) -> Panel:
            return self.panel

    def __init__(self, title: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = title
        self._written: Content | None = None
        self._lines = 0

    def write(self, lines: Sequence[Content | str]) -> None:
        text = Content("\n").join(lines)
        if self._written is None or not text.is_same(self._written):
            taller = self._written is None or len(lines) != self._lines
            self._written, self._lines = text, len(lines)
            self.update(text, layout=taller)

    @property
    def room(self) -> int:
        """Cells of a line, 0 before the panel has a place."""
        return self.content_size.width

    def action_open(self) -> None:
        self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        if event.chain > 1:
            self.action_open()
