"""One of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sandbox.tui.dialogs.dialog import Dialog
from sandbox.tui.widgets.table import Column, Table

__all__ = ["Choice", "Choose"]


@dataclass(frozen=True, slots=True)
class Choice:
    """`value` is the answer, `title` and `text` are what a person reads."""

    value: str
    title: str
    text: str = ""


class Choose(Dialog[str]):
    """Typing narrows the list; enter answers with the value under the cursor."""

    DEFAULT_CSS = """
    Choose Table { height: auto; max-height: 16; min-height: 3; }
    Choose Input { border: none; height: 1; padding: 0; margin-bottom: 1; background: $panel; }
    """
    BINDINGS: ClassVar = [("down", "step(1)", "down"), ("up", "step(-1)", "up")]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = tuple(choices)

    def compose(self) -> ComposeResult:
        width = max((len(each.title) for each in self._choices), default=8)
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title
            yield Input(placeholder="type to narrow", compact=True)
            yield Table[Choice](
                [
                    Column("", lambda each, _: Content.styled(each.title, "$strong"), min(width, 40)),
                    Column("", lambda each, _: Content.styled(each.text, "$dim"), 10, grow=1),
                ],
                key=lambda each: each.value,
                empty="nothing of that name",
            )
            yield Static("enter chooses · esc leaves", classes="dialog-hint")

    def on_mount(self) -> None:
        self._table.set_rows(self._choices)
        self.query_one(Input).focus()

    @property
    def _table(self) -> Table[Choice]:
        return self.query_one(Table)

    def action_step(self, step: int) -> None:
        self._table.action_move(step)

    def on_input_changed(self, event: Input.Changed) -> None:
        words = event.value.lower().split()
        self._table.set_rows(
            [each for each in self._choices if all(word in f"{each.title} {each.text}".lower() for word in words)]
        )

    def on_input_submitted(self) -> None:
        self._table.action_open()

    def on_table_opened(self, event: Table.Opened) -> None:
        self.dismiss(event.row.value)
