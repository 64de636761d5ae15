"""7 Logs: what all components write, as it comes."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from sandbox.control.logs_models import LogLine, LogPage
from sandbox.errors import SandboxError
from sandbox.tui.dialogs.choose import Choice, Choose
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.figures import clock_text, count_text
from sandbox.tui.log_lines import LEVELS, LogRow, LogShelf
from sandbox.tui.screens.page import Page
from sandbox.tui.signs import sign_of
from sandbox.tui.state import Snapshot
from sandbox.tui.widgets.table import Column, Table

__all__ = ["LogsPage"]

LOOK_EVERY_S = 0.5
FIRST_LINES = 1_000
ALL = "*"
TIME, LEVEL, COMPONENT, MESSAGE, ID = 12, 7, 15, 36, 14
EMPTY = """nothing logged yet

components write here as soon as they work
2 Topics sends a record · 4 Scenarios runs a story"""


class LogsPage(Page):
    """The newest lines, which the cursor follows while it is on the last one."""

    DEFAULT_CSS = """
    LogsPage #lines { border: round $border; border-title-color: $dim; border-subtitle-color: $dim; padding: 0 1; }
    LogsPage #lines:focus { border: round $info; border-title-color: $info; }
    """
    FILTER_HINT = "words: message, component, logger, id"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause", tooltip="pause, or go on live"),
        Binding("l", "live", "live", tooltip="go on live, with the newest line"),
        Binding("v", "level", "level", tooltip="show this level and above: DEBUG, INFO, WARN, ERROR in turn"),
        Binding("m", "component", "component", tooltip="only one component, or all"),
        Binding("t", "trace", "trace", tooltip="everything under this line's correlation id"),
        Binding("w", "wrap", "wrap", tooltip="break long lines, or cut them"),
        Binding("T", "times", "times", key_display="T", tooltip="show times, or hide them"),
        Binding("c", "copy", "copy", tooltip="copy this line"),
    ]

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._shelf = LogShelf()
        self._after: str | None = None
        self._epoch: str | None = None
        self._level = "DEBUG"
        self._component: str | None = None
        self._under: str | None = None
        self._text = ""
        self._wrap = False
        self._times = True
        self._waiting: list[LogLine] | None = None
        self._problem = ""

    def compose(self) -> ComposeResult:
        table = Table[LogRow](
            self._columns(), key=lambda row: (row.number, row.part), empty="reading the logs…", id="lines"
        )
        table.follow = True
        yield table

    # Life

    def on_mount(self) -> None:
        self._say()

    def entered(self) -> None:
        self.run_worker(self._read_on, exclusive=True, group="logs")

    def left(self) -> None:
        self.workers.cancel_group(self, "logs")

    def show(self, now: Snapshot) -> None:
        self._say()

    def on_resize(self) -> None:
        if self._wrap:
            self.call_after_refresh(self._draw)

    async def _read_on(self) -> None:
        while True:
            try:
                page = await self.feed.ask(self._ask)
            except SandboxError as error:
                self._problem = error.message
                self._draw()
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            self._problem = ""
            first, self._after = self._after is None, page.next
            if self._waiting is None:
                self._shelf.add(page.lines)
            else:
                self._waiting = [*self._waiting, *page.lines][-FIRST_LINES:]
            if first or page.lines:
                self._draw()
            if not page.more:
                await asyncio.sleep(LOOK_EVERY_S)

    async def _ask(self, client: Any) -> LogPage:
        return await client.logs(self._after, limit=FIRST_LINES, under=self._under)

    # Drawing

    def _columns(self) -> list[Column[LogRow]]:
        time = [Column("time", _time, TIME, drop=3)] if self._times else []
        return [
            *time,
            Column("level", _level, LEVEL),
            Column("component", _component, COMPONENT, drop=2),
            Column("message", _message, MESSAGE, grow=1),
            Column("id", _identity, ID, drop=4, keep_end=True),
        ]

    def _draw(self) -> None:
        table = self._table
        table.set_rows(
            self._shelf.rows(
                level=self._level, component=self._component, text=self._text, wrap=self._room() if self._wrap else None
            )
        )
        self._say()

    def _room(self) -> int:
        """Cells that the message has: what the table leaves to it."""
        width = self._table.scrollable_content_region.width
        others = [each for each in self._columns() if not each.grow]
        while others and width - sum(each.width + 1 for each in others) < MESSAGE:
            droppable = max(others, key=lambda each: each.drop)
            if droppable.drop == 0:
                break
            others.remove(droppable)
        return max(MESSAGE, width - sum(each.width + 1 for each in others))

    def _say(self) -> None:
        table, now = self._table, self.feed.now
        parts = [self._component or "all components", f"{self._level} and above" if self._level != "DEBUG" else ""]
        parts += [f"under {self._under}" if self._under else "", f"“{self._text}”" if self._text else ""]
        table.border_title = "Logs · " + " · ".join(filter(None, parts))
        if self._waiting is not None:
            state = f"‖ paused · {count_text(len(self._waiting))} new · p goes on"
        elif not now.is_live or self._problem:
            state = f"◐ {now.link.state if not now.is_live else self._problem}"
        else:
            state = "● live" if not table.rows or table.cursor_row == table.rows[-1] else "● live · l to the newest"
        table.border_subtitle = f"{count_text(len(table.rows))} lines · {state}"
        if self._problem and not len(self._shelf):
            table.set_empty(f"{self._problem}\n\nit goes on when a sandbox answers; `sandbox up` starts one")
        elif self._after is None:
            table.set_empty("reading the logs…" if now.is_live else f"{now.link.detail or 'connecting…'}")
        elif self._under and not len(self._shelf):
            table.set_empty(f"nothing is logged under {self._under}\n\nesc shows all again · t opens its trace")
        else:
            narrowed = self._text or self._component or self._level != "DEBUG"
            table.set_empty("nothing of that kind\n\nesc, v and m show more" if narrowed else EMPTY)

    @property
    def _table(self) -> Table[LogRow]:
        return self.query_one("#lines", Table)

    # Keys

    def first_focus(self) -> Widget:
        return self._table

    def open_at(self, target: str) -> None:
        """What was logged under a request, correlation or trace id; or a component's name."""
        if target in self._shelf.components:
            self._component = target
            self._draw()
        else:
            self._look_under(target)

    def _look_under(self, identity: str | None) -> None:
        self._under, self._after, self._waiting = identity, None, None
        self._shelf.clear()
        self._draw()
        self.run_worker(self._read_on, exclusive=True, group="logs")

    def go_back(self) -> bool:
        if self._under is not None:
            self._look_under(None)
            return True
        return False

    def filter(self, text: str) -> None:
        self._text = text
        self._draw()

    def on_table_highlighted(self) -> None:
        self._say()

    def on_table_opened(self, event: Table.Opened) -> None:
        self.app.push_screen(Tell(f"{event.row.line.component} · {event.row.line.level or ''}", _full(event.row.line)))

    def action_pause(self) -> None:
        if self._waiting is None:
            self._waiting = []
        else:
            self._shelf.add(self._waiting)
            self._waiting = None
        self._draw()

    def action_live(self) -> None:
        if self._waiting is not None:
            self.action_pause()
        self._table.action_move_to(-1)

    def action_level(self) -> None:
        self._level = LEVELS[(LEVELS.index(self._level) + 1) % len(LEVELS)]
        self._draw()

    def action_component(self) -> None:
        self.run_worker(self._choose, exclusive=True, group="choose")

    async def _choose(self) -> None:
        names = [Choice(name, name) for name in self._shelf.components]
        given = await self.app.ask(Choose("Logs of", [Choice(ALL, "all components"), *names]))  # type: ignore[attr-defined]
        if given is not None:
            self._component = None if given == ALL else given
            self._draw()

    def action_trace(self) -> None:
        row = self._table.cursor_row
        identity = (row.identity if row is not None else None) or self._under
        if identity:
            self.go("trace", identity)
        else:
            self.app.notify("this line carries no id", severity="warning", markup=False)

    def action_wrap(self) -> None:
        self._wrap = not self._wrap
        self._draw()

    def action_times(self) -> None:
        self._times = not self._times
        self._table.columns = tuple(self._columns())
        self._draw()

    def action_copy(self) -> None:
        row = self._table.cursor_row
        if row is not None:
            self.app.copy_to_clipboard(row.line.message)
            self.app.notify("the line is in the clipboard", markup=False)


def _time(row: LogRow, _: int) -> Content:
    return Content.styled(clock_text(row.line.at_ms), "$dim") if row.line.at_ms and not row.part else Content("")


def _level(row: LogRow, _: int) -> Content:
    if row.line.level is None or row.part or row.line.fields.get("continued"):
        return Content("")
    sign = sign_of(row.line.level)
    return Content.styled(f"{sign.mark} {sign.word}", sign.tone)


def _component(row: LogRow, _: int) -> Content:
    return Content("") if row.part else Content.styled(row.line.component, "$info")


def _message(row: LogRow, _: int) -> Content:
    tone = {"ERROR": "$bad", "WARN": "$warn", "DEBUG": "$dim"}.get(row.line.level or "", "")
    return Content.styled(row.text, "$dim" if row.line.fields.get("continued") else tone)


def _identity(row: LogRow, _: int) -> Content:
    return Content("") if row.part or not row.identity else Content.styled(row.identity, "$dim")


def _full(line: LogLine) -> Content:
    head = [Content(line.message), Content("")]
    if line.at_ms is not None:
        head.append(Content.assemble(("time  ", "$dim"), clock_text(line.at_ms)))
    stack = line.fields.get("stackTrace")
    for name, value in line.fields.items():
        if name != "stackTrace":
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            head.append(Content.assemble((f"{name}  ", "$dim"), text))
    if stack:
        head += [Content(""), Content.styled(str(stack), "$dim")]
    return Content("\n").join(head)
