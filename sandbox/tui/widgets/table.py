"""A table that does not jump: the cursor and the marks stay on their rows whatever comes, columns keep their widths.

Only the lines in sight are drawn, so a table of many thousand rows costs no more than one of forty.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

__all__ = ["Column", "Table"]

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """`cell` draws a row's cell, given the row and the width there is. A column with `grow` shares what is left over.
    On a narrow screen those with the highest `drop` are left out first; 0 stays. What is too long ends in `…`, or
    begins with it where the end tells more (`keep_end`)."""

    title: str
    cell: Callable[[Row, int], Content | str]
    width: int
    right: bool = False
    grow: int = 0
    drop: int = 0
    keep_end: bool = False


class Table(ScrollView, Generic[Row], can_focus=True):
    """`key` names a row for good. `set_rows` as often as wanted; `follow` keeps the cursor on the last row while it is
    there. Posts `Highlighted`, `Opened` (enter, or a second click) and `Marked` (space)."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--head", "table--cursor", "table--cursor-away"}
    DEFAULT_CSS = """
    Table {
        height: 1fr; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0; overflow-x: hidden;
        & > .table--head { color: $dim; }
        & > .table--cursor { background: $cursor; color: $strong; }
        & > .table--cursor-away { background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home,g", "move_to(0)", "first", show=False),
        Binding("end,G", "move_to(-1)", "last", show=False),
        Binding("enter", "open", "open", show=False),
        Binding("space", "mark", "mark", show=False),
    ]

    class Highlighted(Message):
        """The cursor came to another row; `row` is None when there is none any more."""

        def __init__(self, table: Table[Any], row: Any) -> None:
            super().__init__()
            self.table = table
            self.row = row

        @property
        def control(self) -> Table[Any]:
            return self.table

    class Opened(Highlighted):
        """Enter on a row, or a second click."""

    class Marked(Highlighted):
        """Rows were marked, or no longer: see `marks`."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        key: Callable[[Row], Hashable],
        marking: bool = False,
        empty: str = "",
        head: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`empty` is what stands there instead of rows; without `head` the columns have no titles."""
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()
        self.marks: set[Hashable] = set()
        self.follow = False
        self._key = key
        self._marking = marking
        self._empty = empty
        self._head = 1 if head else 0
        self._at = 0

    # Rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """The cursor stays on its row; when that is gone, at its place."""
        before = self.cursor_row
        was_last = self._at >= len(self.rows) - 1
        self.rows = tuple(rows)
        if self.follow and was_last:
            self._at = max(0, len(self.rows) - 1)
        elif before is not None:
            wanted = self._key(before)
            found = next((place for place, row in enumerate(self.rows) if self._key(row) == wanted), None)
            self._at = min(self._at, max(0, len(self.rows) - 1)) if found is None else found
        if self.marks:
            self.marks &= {self._key(row) for row in self.rows}
        self._measure()
        after = self.cursor_row
        if (before is None) != (after is None) or (before is not None and self._key(before) != self._key(after)):
            self.post_message(self.Highlighted(self, after))
        if self.follow and was_last:
            self._show_cursor()
        self.refresh()

    def set_empty(self, text: str) -> None:
        if text != self._empty:
            self._empty = text
            self.refresh()

    @property
    def cursor_row(self) -> Row | None:
        return self.rows[self._at] if self._at < len(self.rows) else None

    @property
    def marked_rows(self) -> tuple[Row, ...]:
        """Those that are marked; without any, the one under the cursor."""
        if self.marks:
            return tuple(row for row in self.rows if self._key(row) in self.marks)
        return () if self.cursor_row is None else (self.cursor_row,)

    def select(self, key: Hashable) -> bool:
        """Put the cursor on that row, if it is there."""
        for place, row in enumerate(self.rows):
            if self._key(row) == key:
                self._move_to(place)
                return True
        return False

    # Keys and mouse

    def action_move(self, step: int) -> None:
        self._move_to(self._at + step)

    def action_page(self, step: int) -> None:
        self._move_to(self._at + step * max(1, self.size.height - 2))

    def action_move_to(self, place: int) -> None:
        self._move_to(place if place >= 0 else len(self.rows) - 1)

    def action_open(self) -> None:
        if self.cursor_row is not None:
            self.post_message(self.Opened(self, self.cursor_row))

    def action_mark(self) -> None:
        row = self.cursor_row
        if row is None or not self._marking:
            return
        self.marks ^= {self._key(row)}
        self._move_to(self._at + 1)
        self.refresh()
        self.post_message(self.Marked(self, row))

    def clear_marks(self) -> None:
        self.marks.clear()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        place = self.scroll_offset.y + event.y - self._head
        if event.y < self._head or place >= len(self.rows):
            return
        if place == self._at and event.chain > 1:
            self.action_open()
        else:
            self._move_to(place)

    def on_resize(self) -> None:
        self._measure()
        self.call_after_refresh(self._show_cursor)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if not self.rows and self._empty:
            return self._empty_line(y, width)
        if y < self._head:
            style = self.get_visual_style("table--head")
            titles = [(column.title, column, each) for column, each in self._fitting(width)]
            return self._strip([self._fit(Content(text), column, each) for text, column, each in titles], width, style)
        place = self.scroll_offset.y + y - self._head
        if place >= len(self.rows):
            return Strip([Segment(" " * width, self.rich_style)], width)
        row = self.rows[place]
        name = "table--cursor" if self.has_focus else "table--cursor-away"
        style = self.get_visual_style(name) if place == self._at else self.visual_style
        cells = [self._fit(_content(column.cell(row, each)), column, each) for column, each in self._fitting(width)]
        if self._marking:
            cells[0] = Content.assemble(("▌" if self._key(row) in self.marks else " ", "$accent"), cells[0][1:])
        return self._strip(cells, width, style)

    def _strip(self, cells: list[Content], width: int, style: Style) -> Strip:
        return self._line(Content(" ").join(cells).truncate(width, pad=True), width, style)

    def _line(self, line: Content, width: int, style: Style) -> Strip:
        # Not by `Visual.to_strips`: for the mouse to select text it gives each piece a style that holds its column, and
        # Textual keeps 16,384 styles and more. Where records flow by, that takes minutes to fill and tens of MB.
        return Strip(line.render_segments(style), width)

    def _empty_line(self, y: int, width: int) -> Strip:
        lines = self._empty.splitlines()
        top = max(0, (self.size.height - len(lines)) // 2)
        text = lines[y - top] if 0 <= y - top < len(lines) else ""
        line = Content.styled(text.center(width)[:width], "$dim").truncate(width, pad=True)
        return self._line(line, width, self.visual_style)

    def _fit(self, cell: Content, column: Column[Row], width: int) -> Content:
        if column.keep_end and cell.cell_length > width > 1:
            cell = Content.assemble(("…", "$dim"), cell[len(cell.plain) - width + 1 :])
        short = cell.truncate(width, ellipsis=True)
        missing = width - short.cell_length
        return short.pad_left(missing) if column.right else short.pad_right(missing)

    def _fitting(self, width: int) -> list[tuple[Column[Row], int]]:
        """The columns that have room, with their widths."""
        shown = list(self.columns)
        while sum(each.width + 1 for each in shown) - 1 > width:
            droppable = max(shown, key=lambda each: each.drop)
            if droppable.drop == 0:
                break
            shown.remove(droppable)
        left = max(0, width - sum(each.width + 1 for each in shown) + 1)
        parts = sum(each.grow for each in shown)
        widths = [each.width + (left * each.grow // parts if parts else 0) for each in shown]
        return list(zip(shown, widths, strict=True))

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.rows) + self._head)

    def _move_to(self, place: int) -> None:
        place = max(0, min(place, len(self.rows) - 1))
        if place == self._at:
            return
        self._at = place
        self._show_cursor()
        self.refresh()
        self.post_message(self.Highlighted(self, self.cursor_row))

    def _show_cursor(self) -> None:
        height = max(1, self.size.height - self._head)
        top = self.scroll_offset.y
        if self._at < top:
            self.scroll_to(y=self._at, animate=False)
        elif self._at >= top + height:
            self.scroll_to(y=self._at - height + 1, animate=False)


def _content(cell: Content | str) -> Content:
    return cell if isinstance(cell, Content) else Content(cell)
