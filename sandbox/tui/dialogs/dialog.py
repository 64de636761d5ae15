"""What all dialogs share: a frame in the middle, `esc` leaves."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

__all__ = ["Dialog"]

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None]):
    """Put a `Vertical(classes="dialog")` in it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog .dialog {
        width: 72; max-width: 94%; height: auto; max-height: 92%; border: round $info; background: $surface;
        padding: 1 2; border-title-color: $info;
    }
    Dialog .dialog-hint { color: $dim; height: auto; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def action_leave(self) -> None:
        self.dismiss(None)
