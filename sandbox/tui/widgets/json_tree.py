"""A JSON value as a tree that can be folded: enter folds a part, `c` copies what the cursor is on."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from sandbox.tui.json_lines import JsonLine, json_lines
from sandbox.tui.widgets.table import Column, Table

__all__ = ["JsonTree"]


class JsonTree(Table[JsonLine]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "copy value"),
        Binding("y", "copy_path", "copy path"),
        Binding("left", "fold(True)", "fold", show=False),
        Binding("right", "fold(False)", "unfold", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(
            [Column("", _line, 20, grow=1)],
            key=lambda line: line.path,
            empty="no value",
            head=False,
            id=id,
            classes=classes,
        )
        self._value: Any = None
        self._folded: set[str] = set()

    def show_value(self, value: Any) -> None:
        """Folds stay on paths that the next value has too."""
        self._value = value
        self.set_rows(json_lines(value, self._folded))

    def action_open(self) -> None:
        line = self.cursor_row
        if line is not None and line.holds:
            self._folded ^= {line.path}
            self.set_rows(json_lines(self._value, self._folded))

    def action_fold(self, folded: bool) -> None:
        line = self.cursor_row
        if line is not None and line.holds and line.folded is not folded:
            self.action_open()

    def action_copy(self) -> None:
        if (line := self.cursor_row) is not None:
            self._copy(
                line.value if isinstance(line.value, str) else json.dumps(line.value, ensure_ascii=False), line.path
            )

    def action_copy_path(self) -> None:
        if (line := self.cursor_row) is not None:
            self._copy(line.path, line.path)

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text)
        self.app.notify(f"copied {what}", markup=False)


def _line(line: JsonLine, _: int) -> Content:
    sign = "▸ " if line.folded else "▾ " if line.holds else "  "
    name = f"{line.name}" + (": " if line.name and not line.name.startswith("[") else " " if line.name else "")
    return Content.assemble("  " * line.depth, (sign, "$faint"), (name, "$dim"), (line.text, line.tone))
