"""Something to read: a text of any length."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.tui.dialogs.dialog import Dialog

__all__ = ["Tell"]


class Tell(Dialog[None]):
    DEFAULT_CSS = """
    Tell .dialog { width: 100; }
    Tell VerticalScroll { height: auto; max-height: 30; }
    """
    BINDINGS = [("q", "leave", "leave"), ("enter", "leave", "leave")]

    def __init__(self, title: str, text: Content | str) -> None:
        super().__init__()
        self._title = title
        self._text = Content(text) if isinstance(text, str) else text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title
            with VerticalScroll():
                yield Static(self._text)
            yield Static("esc closes", classes="dialog-hint")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
