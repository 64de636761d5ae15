"""3 DLQ: what failed and why, beside the original; sent again as it was, or corrected."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sandbox.control.dlq_models import DeadLetter
from sandbox.errors import SandboxError
from sandbox.tui.figures import count_text
from sandbox.tui.letter_desk import read_letters
from sandbox.tui.letters import OPEN, Group, Letter, fitting, groups_of, selected
from sandbox.tui.screens.dlq_actions import DlqActions
from sandbox.tui.screens.dlq_detail import failure_lines, original_lines
from sandbox.tui.screens.dlq_tables import group_columns, letter_columns
from sandbox.tui.state import Snapshot
from sandbox.tui.widgets.table import Table

__all__ = ["DlqPage"]

KINDS = ("DlqRecordWritten", "DlqStatusChanged", "DlqPurged", "DlqReplayFinished", "ServiceReset")
READ_EVERY_S = 0.4
NARROW, WIDE = 110, 160
STEPS = ("groups", "letters", "detail")
EMPTY = """no dead letters

they come here by themselves when a consumer gives a record up
2 Topics sends a record that nobody can read · 6 Faults makes them at a rate"""


class DlqPage(DlqActions):
    """Groups, letters, and the letter under the cursor. In a narrow window they are steps: enter and esc."""

    DEFAULT_CSS = """
    DlqPage #panes { height: 1fr; }
    DlqPage #lists { height: 11fr; }
    DlqPage #detail { height: 12fr; }
    DlqPage .framed { border: round $border; border-title-color: $dim; border-subtitle-color: $dim; padding: 0 1; }
    DlqPage .framed:focus { border: round $info; border-title-color: $info; }
    DlqPage #groups { width: 38; }
    DlqPage #letters { width: 1fr; }
    DlqPage VerticalScroll { width: 1fr; height: 1fr; scrollbar-size-vertical: 1; }
    DlqPage VerticalScroll Static { height: auto; }
    DlqPage #said { height: 1; padding: 0 2; color: $dim; text-wrap: nowrap; text-overflow: ellipsis; }
    DlqPage.-wide #panes { layout: horizontal; }
    DlqPage.-wide #lists { width: 13fr; height: 1fr; }
    DlqPage.-wide #detail { width: 9fr; height: 1fr; layout: vertical; }
    DlqPage.-narrow #groups { width: 1fr; }
    DlqPage.-narrow #detail { layout: vertical; height: 1fr; }
    DlqPage.-narrow #lists { height: 1fr; }
    DlqPage.-narrow .step { display: none; }
    DlqPage.-narrow .step.-now { display: block; }
    DlqPage.-empty #letters, DlqPage.-empty #detail { display: none; }
    DlqPage.-empty #groups { width: 1fr; }
    """
    FILTER_HINT = "words: key, group, status, category, error"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "replay", "replay", tooltip="replay the marked letters, or the one under the cursor"),
        Binding("R", "replay_all", "replay all", tooltip="replay every letter that is listed", key_display="R"),
        Binding("e", "edit", "edit", tooltip="correct the record and replay it"),
        Binding("p", "purge", "purge", tooltip="give letters up for good"),
        Binding("t", "trace", "trace", tooltip="what happened to the record"),
        Binding("a", "mark_all", "mark all", tooltip="mark all letters that are listed, or none"),
        Binding("o", "only_open", "only open", tooltip="hide the letters that are settled, or show them"),
        Binding("c", "copy", "copy", tooltip="copy the original"),
        Binding("s", "stop", "stop replay", show=False, tooltip="stop the replay; what it has not reached stays"),
    ]

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._letters: list[Letter] | None = None
        self._more = 0
        self._shown: DeadLetter | None = None
        self._wanted: str | None = None
        self._filter = ""
        self._only_open = False
        self._step = 0
        self._problem = ""
        self._dirty = asyncio.Event()
        self._epoch: str | None = None
        self._totals: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="panes"):
            with Horizontal(id="lists", classes="step"):
                yield Table[Group](
                    group_columns(self._rates),
                    key=lambda group: group.path,
                    empty=EMPTY,
                    id="groups",
                    classes="framed step",
                )
                yield Table[Letter](
                    letter_columns(), key=lambda letter: letter.id, marking=True, id="letters", classes="framed step"
                )
            with Horizontal(id="detail", classes="step"):
                with VerticalScroll(id="original", classes="framed"):
                    yield Static(id="original-text", markup=False)
                with VerticalScroll(id="failure", classes="framed"):
                    yield Static(id="failure-text", markup=False)
        yield Static(id="said", markup=False)

    # Life

    def on_mount(self) -> None:
        for name, title in (
            ("groups", "Groups"),
            ("letters", "Letters"),
            ("original", "Original"),
            ("failure", "Failure"),
        ):
            self.query_one(f"#{name}").border_title = title
        self._arrange()

    def entered(self) -> None:
        self._dirty.set()
        self.run_worker(self._watch, exclusive=True, group="watch")
        self.run_worker(self._read_on, exclusive=True, group="read")

    def left(self) -> None:
        self.workers.cancel_group(self, "watch")
        self.workers.cancel_group(self, "read")

    def show(self, now: Snapshot) -> None:
        totals = tuple((each.topic, each.depth, each.total) for each in now.letters)
        if (now.epoch, totals) != (self._epoch, self._totals):
            self._epoch, self._totals = now.epoch, totals
            self._dirty.set()
        self._say_how_it_is(now)

    async def _watch(self) -> None:
        """Facts about dead letters, which come before the counts do."""
        async with aclosing(self.feed.facts(after=-1, kinds=KINDS)) as pages:
            async for page in pages:
                if page.facts:
                    self._dirty.set()

    async def _read_on(self) -> None:
        """Read the letters again whenever something has happened to them."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            await self.read_again()
            await asyncio.sleep(READ_EVERY_S)

    async def read_again(self) -> None:
        try:
            self._letters, self._more = await read_letters(self.feed)
            self._problem = ""
        except SandboxError as error:
            self._problem = error.message
        self._draw()
        self.tell_results(self._letters or ())

    # Drawing

    def _draw(self) -> None:
        letters = fitting(self._letters or (), self._filter, only_open=self._only_open)
        groups = self.query_one("#groups", Table)
        groups.set_rows(groups_of(letters))
        self._fill(letters)
        self._say_how_it_is(self.feed.now)
        if self._wanted is not None and self._letters is not None:
            wanted, self._wanted = self._wanted, None
            self.open_at(wanted)

    def _fill(self, letters: list[Letter] | None = None) -> None:
        if letters is None:
            letters = fitting(self._letters or (), self._filter, only_open=self._only_open)
        group = self.query_one("#groups", Table).cursor_row
        rows = selected(letters, group.path if group is not None else ())
        table = self.query_one("#letters", Table)
        before = table.cursor_row
        table.set_rows(rows)
        table.border_title = f"Letters · {' ▸ '.join(group.path)}" if group and group.path else "Letters"
        more = f" · {count_text(self._more)} more are not listed" if self._more else ""
        marked = f" · {count_text(len(table.marks))} marked" if table.marks else ""
        table.border_subtitle = f"{count_text(len(rows))}{marked}{more}" if rows else ""
        if table.cursor_row != before or self._shown is None:
            self._look_at(table.cursor_row)

    def _rates(self, group: Group) -> tuple[float, ...]:
        """Letters written lately, of a topic."""
        if len(group.path) != 1:
            return ()
        return next((each.rates for each in self.feed.now.letters if each.topic == group.path[0]), ())

    def _say_how_it_is(self, now: Snapshot) -> None:
        groups = self.query_one("#groups", Table)
        if self._letters is None:
            text = self._problem or ("reading the dead letters…" if now.is_live else now.link.detail or "connecting…")
            if not now.is_live:
                text += "\n\nit goes on when a sandbox answers; `sandbox up` starts one"
        elif self._letters:
            text = "nothing of that kind\n\nesc shows all again" if self._filter else "all are settled\n\no shows them"
        else:
            text = EMPTY
        groups.set_empty(text)
        empty = not groups.rows
        self.set_class(empty, "-empty")

    def _look_at(self, letter: Letter | None) -> None:
        if letter is None:
            self._shown = None
            self._write([], [])
        else:
            self.run_worker(partial(self._read_letter, letter), exclusive=True, group="letter")

    async def _read_letter(self, letter: Letter) -> None:
        try:
            self._shown = await self.feed.ask(lambda client: client.dead_letter(letter.topic, letter.id))
        except SandboxError as error:
            self._write([Content.styled(error.message, "$dim")], [])
            return
        columns = 16 if self.query_one("#original").size.width >= 80 else 8
        self._write(original_lines(self._shown, columns), failure_lines(self._shown))

    def _write(self, original: list[Content], failure: list[Content]) -> None:
        self.query_one("#original-text", Static).update(Content("\n").join(original))
        self.query_one("#failure-text", Static).update(Content("\n").join(failure))

    # Arrangement

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        self.set_class(self.size.width >= WIDE, "-wide")
        now = STEPS[self._step]
        self.query_one("#groups").set_class(now == "groups", "-now")
        self.query_one("#letters").set_class(now == "letters", "-now")
        self.query_one("#lists").set_class(now != "detail", "-now")
        self.query_one("#detail").set_class(now == "detail", "-now")

    def _go_to(self, step: int) -> None:
        self._step = step
        self._arrange()
        self.query_one(("#groups", "#letters", "#original")[step]).focus()

    def first_focus(self) -> Widget:
        return self.query_one(("#groups", "#letters", "#original")[self._step])

    def go_back(self) -> bool:
        if self._step == 0:
            return False
        self._go_to(self._step - 1)
        return True

    def on_descendant_focus(self) -> None:
        focused = self.app.focused
        if focused is not None and focused.id in ("groups", "letters", "original", "failure"):
            self._step = ("groups", "letters", "original", "failure").index(focused.id)
            self._step = min(self._step, 2)
            self._arrange()

    # What the user does

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        if event.table.id == "groups":
            self._fill()
        else:
            self._look_at(event.row)

    def on_table_opened(self, event: Table.Opened) -> None:
        self._go_to(1 if event.table.id == "groups" else 2)

    def on_table_marked(self) -> None:
        self._fill()

    def filter(self, text: str) -> None:
        self._filter = text
        self._draw()

    def open_at(self, target: str) -> None:
        """A topic, with or without `.dlq`, or a letter's id."""
        if self._letters is None:
            self._wanted = target
            return
        groups, letters = self.query_one("#groups", Table), self.query_one("#letters", Table)
        if groups.select((target.removesuffix(".dlq"),)):
            self._fill()
            return
        found = next((each for each in self._letters if each.id.startswith(target)), None)
        if found is not None and groups.select(found.path):
            self._fill()
            letters.select(found.id)
            self._go_to(2)

    def action_only_open(self) -> None:
        self._only_open = not self._only_open
        self._draw()

    def action_mark_all(self) -> None:
        table = self.query_one("#letters", Table)
        every = {letter.id for letter in table.rows}
        table.marks = set() if table.marks == every else every
        table.refresh()
        self._fill()

    def action_trace(self) -> None:
        if self._shown is not None:
            identity = getattr(self._shown, "correlationId", None) or getattr(self._shown, "requestId", None)
            self.go("trace", identity)

    # What the actions work on

    def listed(self) -> list[Letter]:
        return list(self.query_one("#letters", Table).rows)

    def chosen(self) -> list[Letter]:
        """The marked ones; without any the group under the cursor, or the letter under it."""
        table = self.query_one("#letters", Table)
        if table.marks or not self.query_one("#groups").has_focus:
            return list(table.marked_rows)
        return [letter for letter in table.rows if letter.status in OPEN]

    def shown_letter(self) -> DeadLetter | None:
        return self._shown

    def say(self, text: Content | str) -> None:
        self.query_one("#said", Static).update(text)

    def clear_marks(self) -> None:
        self.query_one("#letters", Table).clear_marks()
        self._fill()
