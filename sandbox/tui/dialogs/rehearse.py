"""Before a replay: what it will come to, how fast it is to go and why. Answers with rate and reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sandbox.tui.dialogs.dialog import Dialog
from sandbox.tui.rehearsal import Rehearsal

__all__ = ["Rehearse", "Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """`rate_per_s` None is as fast as it goes; `reason` is for the audit record."""

    rate_per_s: float | None = None
    reason: str | None = None


class Rehearse(Dialog[Terms]):
    DEFAULT_CSS = """
    Rehearse .dialog { width: 90; }
    Rehearse #dry-run { height: auto; margin-bottom: 1; }
    Rehearse .row { height: 1; }
    Rehearse .name { width: 12; color: $dim; padding-right: 1; text-align: right; }
    Rehearse .row:focus-within .name { color: $info; }
    Rehearse Input { border: none; height: 1; padding: 0 1; background: $panel; width: 1fr; }
    Rehearse Input:focus { background: $cursor; }
    Rehearse .form-error { color: $bad; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "next", show=False),
        Binding("up", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self, title: str, rehearsal: Rehearsal) -> None:
        super().__init__()
        self._title = title
        self._rehearsal = rehearsal

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title
            yield Static(Content("\n").join(self._rehearsal.lines()), id="dry-run")
            for name, hint in (
                ("rate", "records a second; empty: as fast as it goes"),
                ("reason", "for the audit record"),
            ):
                with Horizontal(classes="row"):
                    yield Static(name, classes="name")
                    yield Input(placeholder=hint, id=name, compact=True)
            yield Static("", classes="form-error", markup=False)
            yield Static(_keys(self._rehearsal.records), classes="dialog-hint")

    def on_mount(self) -> None:
        self.query_one("#rate").focus()

    def on_input_submitted(self) -> None:
        if not self._rehearsal.records:
            self.dismiss(None)
            return
        typed = self.query_one("#rate", Input).value.strip()
        try:
            rate_per_s = float(typed) if typed else None
        except ValueError:
            rate_per_s = 0.0
        if rate_per_s is not None and not 0 < rate_per_s <= 100_000:
            self.query_one(".form-error", Static).update("rate: a number of records a second, such as 5")
            return
        self.dismiss(Terms(rate_per_s, self.query_one("#reason", Input).value.strip() or None))


def _keys(records: int) -> Content:
    if not records:
        return Content("there is nothing to send · esc leaves")
    return Content.assemble(
        ("enter", "$info"), " replays   ", ("tab", "$info"), " next   ", ("esc", "$info"), " leaves"
    )
