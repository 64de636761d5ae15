"""Yes or no, before something that cannot be undone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from sandbox.tui.dialogs.dialog import Dialog

__all__ = ["Confirm"]


class Confirm(Dialog[bool]):
    """`question` in one line, `text` says what will happen; answers True, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "agree", "yes", show=False),
        Binding("n", "leave", "no", show=False),
    ]

    def __init__(self, question: str, text: str = "") -> None:
        super().__init__()
        self._question = question
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._question
            if self._text:
                yield Static(Content(self._text))
            keys = Content.assemble(("y", "$info"), " yes   ", ("n", "$info"), " no")
            yield Static(keys, classes="dialog-hint")

    def action_agree(self) -> None:
        self.dismiss(True)
