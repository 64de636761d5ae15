"""Every key that does something here, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.tui.dialogs.dialog import Dialog

__all__ = ["Help", "key_text"]

_KEYS = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "question_mark": "?", "slash": "/", "escape": "esc",
    "ctrl+p": "^p", "pageup": "pgup", "pagedown": "pgdn", "full_stop": ".", "plus": "+", "minus": "-",
    "left_square_bracket": "[", "right_square_bracket": "]",
}  # fmt: skip

EVERYWHERE = (
    ("↑ ↓ j k", "move"),
    ("pgup pgdn home end", "move further"),
    ("enter", "go in, open"),
    ("esc", "go back, clear the filter"),
    ("space", "mark, where a list can be marked"),
    ("tab", "next panel"),
    ("/", "filter this page"),
    ("^p", "every action by name"),
    ("q", "quit; the sandbox runs on"),
)


def key_text(key: str) -> str:
    """`question_mark` → `?`; of several keys all."""
    return " ".join(_KEYS.get(each, each.replace("ctrl+", "^")) for each in key.split(","))


class Help(Dialog[None]):
    DEFAULT_CSS = """
    Help .dialog { width: 76; }
    Help VerticalScroll { height: auto; max-height: 34; }
    """
    BINDINGS = [("question_mark", "leave", "leave"), ("q", "leave", "leave")]

    def __init__(self, title: str, bindings: Sequence[Binding]) -> None:
        super().__init__()
        self._title = title
        self._keys = bindings

    def compose(self) -> ComposeResult:
        own = [(key_text(each.key), each.tooltip or each.description) for each in self._keys]
        with Vertical(classes="dialog") as frame:
            frame.border_title = "Keys"
            with VerticalScroll():
                yield Static(
                    Content("\n").join(
                        [*_block(self._title, own), *([Content("")] if own else []), *_block("Everywhere", EVERYWHERE)]
                    )
                )
            yield Static("esc closes", classes="dialog-hint")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


def _block(title: str, rows: Iterable[tuple[str, str]]) -> list[Content]:
    rows = list(rows)
    if not rows:
        return []
    lines = [Content.styled(title, "bold $strong")]
    return lines + [Content.assemble((f"  {keys:<20}", "$info"), text) for keys, text in rows]
