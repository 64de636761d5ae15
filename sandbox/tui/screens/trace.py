"""5 Trace: everything that happened under one id, as a waterfall; without an id the stories told last."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sandbox.errors import SandboxError
from sandbox.events.facts import Fact, fact_from_json
from sandbox.tui.dialogs.ask_line import AskLine
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.screens.page import Page
from sandbox.tui.screens.trace_rows import head_line, hop_columns, hop_lines, story_columns
from sandbox.tui.state import Snapshot
from sandbox.tui.stories import KINDS, Stories, StoryLine, find_identity
from sandbox.tui.waterfall import FaultSpan, Hop, Waterfall, fault_spans, waterfall
from sandbox.tui.widgets.record_detail import value_text
from sandbox.tui.widgets.table import Table

__all__ = ["TracePage"]

LOOK_EVERY_S = 1.0
AGAIN_S = 0.4
GROWING_S = 2.0
RECENT_FACTS = 500
FAULT_PAGES = 20
NARROW, WIDE = 110, 160
ASKED = "an X-Request-ID or correlation id, a trace id or traceparent, a plan or run, topic-partition@offset"
EMPTY = """no stories yet

whatever is requested or published becomes one
2 Topics sends a record · 4 Scenarios runs a story · i opens an id"""


class TracePage(Page):
    """The stories that were told last; one of them as a waterfall with the hop under the cursor in full."""

    DEFAULT_CSS = """
    TracePage #trace-head { height: 1; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis; display: none; }
    TracePage.-open #trace-head { display: block; }
    TracePage .framed { border: round $border; border-title-color: $dim; border-subtitle-color: $dim; padding: 0 1; }
    TracePage .framed:focus { border: round $info; border-title-color: $info; }
    TracePage #body { height: 1fr; }
    TracePage #hops, TracePage #hop { display: none; }
    TracePage.-open #hops { display: block; }
    TracePage.-open #stories { display: none; }
    TracePage.-open #hop { display: block; height: 13; width: 1fr; scrollbar-size-vertical: 1; }
    TracePage.-wide #body { layout: horizontal; }
    TracePage.-wide.-open #hop { width: 56; height: 1fr; }
    TracePage.-narrow #hop, TracePage.-narrow.-open #hop { display: none; }
    TracePage #hop Static { height: auto; }
    """
    FILTER_HINT = "words: service, topic, path, id; `wrong` for what went wrong"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "ask", "open an id", tooltip="type or paste any id"),
        Binding("z", "zoom", "zoom", tooltip="bars to the scale of the hop under the cursor, or of all"),
        Binding("w", "wrong", "next wrong", tooltip="to the next hop that went wrong"),
        Binding("l", "logs", "logs", tooltip="what was logged under this id"),
        Binding("c", "copy", "copy id", tooltip="copy the id"),
        Binding("R", "again", "read again", show=False, tooltip="read the story again"),
    ]

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._identity: str | None = None
        self._shown: Waterfall | None = None
        self._told: dict[str, Any] | None = None
        self._stories = Stories()
        self._faults: list[FaultSpan] = []
        self._fault_facts: list[Fact] = []
        self._faults_next = 0
        self._zoom: Hop | None = None
        self._filter = ""
        self._problem = ""
        self._grown_at = -1e9
        self._dirty = asyncio.Event()
        self._is_in_sight = False

    def compose(self) -> ComposeResult:
        yield Static(id="trace-head", markup=False)
        with Vertical(id="body"):
            yield Table[StoryLine](
                story_columns(), key=lambda line: line.id, empty="looking…", id="stories", classes="framed"
            )
            yield Table[Hop]([], key=lambda hop: hop.key, id="hops", classes="framed")
            with VerticalScroll(id="hop", classes="framed"):
                yield Static(id="hop-text", markup=False)

    # Life

    def on_mount(self) -> None:
        self.query_one("#stories").border_title = "Stories"
        self.query_one("#hops").border_title = "Waterfall"
        self.query_one("#hop").border_title = "Hop"

    def entered(self) -> None:
        self._is_in_sight = True
        self._begin()

    def left(self) -> None:
        self._is_in_sight = False
        for group in ("recent", "story", "growth"):
            self.workers.cancel_group(self, group)

    def show(self, now: Snapshot) -> None:
        if not now.is_live and not self.query_one("#stories", Table).rows:
            text = f"{now.link.detail or 'connecting…'}\n\nit goes on when a sandbox answers; `sandbox up` starts one"
            self.query_one("#stories", Table).set_empty(text)

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        self.set_class(self.size.width >= WIDE, "-wide")

    def _begin(self) -> None:
        if self._identity is None:
            for group in ("story", "growth"):
                self.workers.cancel_group(self, group)
            self.run_worker(self._watch_recent, exclusive=True, group="recent")
        else:
            self.workers.cancel_group(self, "recent")
            self._dirty.set()
            self.run_worker(self._read_on, exclusive=True, group="story")
            self.run_worker(partial(self._watch_growth, self._identity), exclusive=True, group="growth")

    # The stories told last

    async def _watch_recent(self) -> None:
        table = self.query_one("#stories", Table)
        while True:
            try:
                page = await self.feed.ask(lambda client: client.facts(-RECENT_FACTS, limit=RECENT_FACTS, kinds=KINDS))
            except SandboxError as error:
                table.set_empty(f"{error.message}\n\nit goes on when a sandbox answers; `sandbox up` starts one")
            else:
                self._stories.take(page.journal, page.facts)
                self._draw_stories()
            await asyncio.sleep(LOOK_EVERY_S)

    def _draw_stories(self) -> None:
        table = self.query_one("#stories", Table)
        words = self._filter.lower().split()
        table.set_rows([line for line in self._stories.lines if _has_story(line, words)])
        table.set_empty("nothing of that kind\n\nesc shows all again" if words else EMPTY)

    # One story

    def open_at(self, target: str) -> None:
        """Any id: see `find_identity`."""
        self._show_story(target)
        self.run_worker(partial(self._find, target), exclusive=True, group="find")

    async def _find(self, text: str) -> None:
        try:
            identity = await find_identity(self.feed, text)
        except SandboxError as error:
            self._problem = error.message
            self._draw()
            return
        if identity != self._identity:
            self._show_story(identity)

    def _show_story(self, identity: str) -> None:
        self._identity, self._shown, self._told, self._zoom, self._problem = identity, None, None, None, ""
        self.add_class("-open")
        hops = self.query_one("#hops", Table)
        hops.set_rows(())
        self._draw()
        hops.focus()
        if self._is_in_sight:
            self._begin()

    def go_back(self) -> bool:
        if self._zoom is not None:
            self._zoom = None
            self._draw()
            return True
        if self._identity is None:
            return False
        self._identity = None
        self.remove_class("-open")
        self.query_one("#stories").focus()
        self._begin()
        return True

    async def _watch_growth(self, identity: str) -> None:
        async with aclosing(self.feed.facts(after=-1, under=identity)) as pages:
            async for page in pages:
                if page.facts:
                    self._grown_at = asyncio.get_running_loop().time()
                    self._dirty.set()

    async def _read_on(self) -> None:
        """Read the story again while it grows, and once more when it has stopped to: facts of one moment come in
        batches of several processes."""
        while True:
            if self._is_growing():
                await asyncio.sleep(AGAIN_S)
            else:
                await self._dirty.wait()
            self._dirty.clear()
            await self._read()

    def _is_growing(self) -> bool:
        return asyncio.get_running_loop().time() - self._grown_at < GROWING_S

    async def _read(self) -> None:
        identity = self._identity
        if identity is None:
            return
        try:
            await self._read_faults()
            told = (await self.feed.ask(lambda client: client.trace(identity))).model_dump()
        except SandboxError as error:
            self._problem = error.message
        else:
            self._problem = ""
            if identity == self._identity:
                self._told, self._shown = told, waterfall(identity, told, self._faults)
        self._draw()

    async def _read_faults(self) -> None:
        for _ in range(FAULT_PAGES):
            page = await self.feed.ask(
                lambda client: client.facts(self._faults_next, kinds=("FaultApplied", "FaultRemoved"))
            )
            if page.next < self._faults_next:
                self._fault_facts.clear()
            self._fault_facts += [fact_from_json(data) for data in page.facts]
            self._faults_next = page.next
            if page.next >= page.last:
                break
        self._faults = fault_spans(self._fault_facts)

    def _draw(self) -> None:
        if self._identity is None:
            return
        table, shown = self.query_one("#hops", Table), self._shown
        if shown is None or not shown.hops:
            table.set_rows(())
            what = self._problem or ("reading…" if shown is None else f"nothing is known under {self._identity!r} yet")
            table.set_empty(f"{what}\n\nwhat comes under it shows at once\ni opens another id · esc shows the stories")
            self.query_one("#trace-head", Static).update(Content.styled(self._identity, "bold"))
            self._draw_hop(None)
            return
        begin, end = (self._zoom.start_ms, self._zoom.end_ms) if self._zoom else (shown.start_ms, shown.end_ms)
        table.columns = tuple(hop_columns(shown, begin, end))
        words = self._filter.lower().split()
        before = table.cursor_row
        table.set_rows([hop for hop in shown.hops if _has_hop(hop, words)])
        table.set_empty("nothing of that kind\n\nesc shows all again")
        table.border_subtitle = "" if self._zoom is None else f"zoom: {self._zoom.what} · z shows all"
        self.query_one("#trace-head", Static).update(head_line(shown, growing=self._is_growing()))
        if table.cursor_row != before or before is None:
            self._draw_hop(table.cursor_row)

    def _draw_hop(self, hop: Hop | None) -> None:
        lines = [] if hop is None or self._shown is None else hop_lines(hop, self._shown)
        self.query_one("#hop-text", Static).update(Content("\n").join(lines))

    # Keys

    def first_focus(self) -> Widget:
        return self.query_one("#stories" if self._identity is None else "#hops")

    def filter(self, text: str) -> None:
        self._filter = text
        if self._identity is None:
            self._draw_stories()
        else:
            self._draw()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        if event.table.id == "hops":
            self._draw_hop(event.row)

    def on_table_opened(self, event: Table.Opened) -> None:
        if event.table.id == "stories":
            self._show_story(event.row.id)
        else:
            self.run_worker(partial(self._open_hop, event.row), exclusive=True, group="open")

    async def _open_hop(self, hop: Hop) -> None:
        """A dead letter on its page; a record with its value; anything else as it was told."""
        fact: Any = hop.fact
        if getattr(fact, "dlq_id", None):
            self.go("dlq", fact.dlq_id)
            return
        lines = hop_lines(hop, self._shown) if self._shown is not None else []
        if hasattr(fact, "offset") and hasattr(fact, "topic"):
            lines += ["", *await self._record_lines(fact.topic, fact.partition, fact.offset)]
        await self._asked(Tell("Hop", Content("\n").join(lines)))

    async def _record_lines(self, topic: str, partition: int, offset: int) -> list[Content | str]:
        try:
            page = await self.feed.ask(
                lambda client: client.records(topic, begin=f"@{offset}", partition=partition, limit=1)
            )
        except SandboxError as error:
            return [Content.styled(error.message, "$dim")]
        found = next((each.model_dump() for each in page.records if each.offset == offset), None)
        if found is None:
            return [Content.styled("the record is not kept any more", "$dim")]
        why = Content.styled(f"▲ {found['error']}", "$warn") if found.get("error") else "value"
        return [why, *value_text(found).splitlines()]

    async def _asked(self, dialog: Any) -> Any:
        return await self.app.ask(dialog)  # type: ignore[attr-defined]

    def action_ask(self) -> None:
        self.run_worker(self._ask, exclusive=True, group="ask")

    async def _ask(self) -> None:
        given = await self._asked(AskLine("Open a story", ASKED))
        if given:
            self.open_at(given)

    def action_zoom(self) -> None:
        hop = self.query_one("#hops", Table).cursor_row
        self._zoom = None if self._zoom is not None or hop is None or not hop.took_ms else hop
        self._draw()

    def action_wrong(self) -> None:
        table = self.query_one("#hops", Table)
        rows = list(table.rows)
        at = next((place for place, hop in enumerate(rows) if hop == table.cursor_row), -1)
        found = next((hop for hop in rows[at + 1 :] + rows[: at + 1] if hop.is_bad), None)
        if found is not None:
            table.select(found.key)

    def action_logs(self) -> None:
        if self._identity is not None:
            self.go("logs", self._identity)

    def action_copy(self) -> None:
        line = self.query_one("#stories", Table).cursor_row
        identity = self._identity or (line.id if line is not None else None)
        if identity is not None:
            self.app.copy_to_clipboard(identity)
            self.app.notify(f"{identity} is in the clipboard", markup=False)

    def action_again(self) -> None:
        self._begin()


def _has_story(line: StoryLine, words: list[str]) -> bool:
    text = f"{line.id} {line.who} {line.what} {'wrong' if line.bad else ''}".lower()
    return all(word in text for word in words)


def _has_hop(hop: Hop, words: list[str]) -> bool:
    faults = " ".join(fault.text for fault in hop.faults)
    text = f"{hop.who} {hop.what} {hop.fact.trace_id} {faults} {'wrong' if hop.is_bad else ''}".lower()
    return all(word in text for word in words)
