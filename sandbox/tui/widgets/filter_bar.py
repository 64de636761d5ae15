"""The line where a filter is typed: what it holds is in force at once."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

__all__ = ["FilterBar"]


class FilterBar(Horizontal):
    DEFAULT_CSS = """
    FilterBar {
        dock: bottom; height: 1; margin-bottom: 1; background: $surface; display: none;
        & > Static { width: auto; padding: 0 1; color: $info; }
        & > #filter-hint { color: $dim; }
        & > Input { width: 1fr; border: none; height: 1; padding: 0; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear", "no filter", show=False)]

    class Changed(Message):
        """`done` when the typing is over."""

        def __init__(self, text: str, done: bool) -> None:
            super().__init__()
            self.text = text
            self.done = done

    def compose(self) -> ComposeResult:
        yield Static("/")
        yield Input(id="filter-text", compact=True)
        yield Static("", id="filter-hint")

    def open(self, text: str, hint: str) -> None:
        """`hint` says what can be written."""
        self.display = True
        self.query_one("#filter-hint", Static).update(hint)
        box = self.query_one(Input)
        box.value = text
        self.screen.set_focus(box)  # at once: the next key is meant for it

    def show(self, text: str) -> None:
        """Without taking the cursor; nothing is shown for an empty text."""
        self.display = bool(text)
        with self.prevent(Input.Changed):
            self.query_one(Input).value = text

    def close(self) -> None:
        self.display = False

    def action_clear(self) -> None:
        self.close()
        self.post_message(self.Changed("", True))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self.post_message(self.Changed(event.value, False))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value:
            self.close()
        self.post_message(self.Changed(event.value, True))
