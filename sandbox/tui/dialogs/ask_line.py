"""One line of text."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from sandbox.tui.dialogs.dialog import Dialog

__all__ = ["AskLine"]


class AskLine(Dialog[str]):
    """Answers with what was typed, trimmed; None when it was left or empty."""

    DEFAULT_CSS = """
    AskLine Input { border: none; height: 1; padding: 0 1; background: $panel; }
    """

    def __init__(self, title: str, hint: str, value: str = "") -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title
            yield Input(self._value, compact=True)
            yield Static(self._hint, classes="dialog-hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)
