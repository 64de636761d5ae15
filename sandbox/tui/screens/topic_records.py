"""The records of one topic: the newest as they come, or from anywhere; one of them in full beside them."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from sandbox.errors import NotRunning, SandboxError, UsageError
from sandbox.tui.dialogs.ask_line import AskLine
from sandbox.tui.figures import clock_text, count_text, rate_text
from sandbox.tui.json_lines import summary
from sandbox.tui.record_buffer import RecordBuffer, RecordRow
from sandbox.tui.screens.page import Page
from sandbox.tui.screens.topic_sending import send_record
from sandbox.tui.state import Snapshot, TopicLine
from sandbox.tui.widgets.record_detail import RecordDetail, value_text
from sandbox.tui.widgets.table import Column, Table

__all__ = ["TopicRecords"]

AGAIN_S = 1.0
PAGE = 200
WIDE = 140
SEEK_HINT = "earliest · latest · 10m (ago) · 2024-12-03T10:00:00Z · @1200 (offset)"


class TopicRecords(Vertical):
    """`mode` is live, paused or from (a page, read from `begin`)."""

    DEFAULT_CSS = """
    TopicRecords #records-head { height: 1; padding: 0 2; text-wrap: nowrap; }
    TopicRecords #record-table { border: round $border; border-title-color: $dim; padding: 0 1; width: 1fr; }
    TopicRecords #record-table:focus { border: round $info; border-title-color: $info; }
    TopicRecords RecordDetail { width: 1fr; display: none; }
    TopicRecords.-wide RecordDetail, TopicRecords.-in RecordDetail { display: block; }
    TopicRecords.-wide #record-table { width: 3fr; }
    TopicRecords.-wide RecordDetail { width: 2fr; }
    TopicRecords.-in #record-table { display: none; }
    TopicRecords.-in.-wide #record-table { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause", tooltip="pause, or go on live"),
        Binding("b", "begin", "beginning", tooltip="from the beginning"),
        Binding("o", "seek", "seek", tooltip="from an offset or a time"),
        Binding("n", "next", "next page"),
        Binding("l", "live", "live", tooltip="the newest as they come"),
        Binding("e", "send_again", "edit & send", tooltip="send a record made from this one"),
        Binding("c", "copy", "copy", tooltip="copy this record's value"),
        Binding("t", "trace", "trace", tooltip="everything under this record's correlation id"),
        Binding("h", "headers", "headers", show=False),
    ]

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self.topic: str | None = None
        self.mode = "live"
        self._begin = "latest"
        self._next = ""
        self._done = False
        self._match = ""
        self._said = ""
        self._buffer = RecordBuffer()
        self._line: TopicLine | None = None
        self._paused_at = 0
        self._headers = False
        self._offered = False

    def compose(self) -> ComposeResult:
        yield Static("", id="records-head")
        with Horizontal():
            yield Table[RecordRow](_columns(False), key=lambda row: row.place, id="record-table")
            yield RecordDetail()

    def on_mount(self) -> None:
        self.table.follow = True

    def on_resize(self) -> None:
        self.set_class(self.size.width >= WIDE, "-wide")

    @property
    def table(self) -> Table[RecordRow]:
        return self.query_one("#record-table", Table)

    @property
    def _page(self) -> Page:
        return next(each for each in self.ancestors if isinstance(each, Page))

    # What the page tells

    def open_topic(self, topic: str) -> None:
        if topic != self.topic:
            self.topic, self._line, self._match = topic, None, ""
        self.remove_class("-in")
        self.action_live()
        self.show(self._page.feed.now)

    def show(self, now: Snapshot) -> None:
        self._line = next((each for each in now.topics if each.name == self.topic), None)
        self._draw_head(now)

    def filter(self, text: str) -> None:
        """In force for what comes, and read again for what is there."""
        self._match = text
        self._restart()

    def go_back(self) -> bool:
        if self.has_class("-in"):
            self.remove_class("-in")
            self.table.focus()
            return True
        return False

    def resume(self) -> None:
        if self.topic is not None and self.mode == "live":
            self._restart()

    def rest(self) -> None:
        self.workers.cancel_group(self, "read")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is a next page only of what is read from somewhere."""
        return action != "next" or self._has_next

    @property
    def _has_next(self) -> bool:
        return self.mode == "from" and not self._done

    # Keys

    def action_pause(self) -> None:
        if self.mode == "live":
            self.rest()
            self.mode = "paused"
            self._paused_at = self._line.produced if self._line else 0
            self.show(self._page.feed.now)
        else:
            self.action_live()

    def action_live(self) -> None:
        self.mode = "live"
        self._restart()

    def action_begin(self) -> None:
        self._read_from("earliest")

    def action_seek(self) -> None:
        self.run_worker(self._seek, group="dialog", exclusive=True)

    def action_next(self) -> None:
        if self.mode == "from" and not self._done:
            self.run_worker(self._read_page, group="read", exclusive=True)

    def action_headers(self) -> None:
        self._headers = not self._headers
        self.table.columns = tuple(_columns(self._headers))
        self.table.refresh()

    def action_copy(self) -> None:
        if (row := self.table.cursor_row) is not None:
            self.app.copy_to_clipboard(value_text(row.told))
            self.app.notify(f"copied the value of {row.partition}@{row.offset}", markup=False)

    def action_send_again(self) -> None:
        row = self.table.cursor_row
        if row is None or self.topic is None:
            return
        if row.told.get("error"):
            text = "it cannot be decoded, so it cannot be edited; page 3 sends dead letters again as they are"
            self.app.notify(text, severity="warning", markup=False)
            return
        send_record(self._page, self.topic, row.told)

    def action_trace(self) -> None:
        row = self.table.cursor_row
        if row is not None:
            headers = {name.lower(): value for name, value in row.told["headers"].items()}
            if identity := headers.get("x-correlation-id") or headers.get("x-request-id"):
                self._page.go("trace", identity)
            else:
                self.app.notify("this record carries no correlation id", severity="warning", markup=False)

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        if event.table is self.table:
            event.stop()
            self.query_one(RecordDetail).show_record(event.row.told if event.row else None)

    def on_table_opened(self, event: Table.Opened) -> None:
        if event.table is self.table:
            event.stop()
            self.add_class("-in")
            self.query_one(RecordDetail).show_record(event.row.told)
            self.query_one(RecordDetail).tree.focus()

    # Reading

    def _restart(self) -> None:
        if self.topic is None:
            return
        self._buffer.clear()
        self._said = ""
        self.table.follow = self.mode == "live"
        self._fill()
        if self.mode == "live":
            self.run_worker(self._follow, group="read", exclusive=True)
        elif self.mode == "from":
            self._next, self._done = "", False
            self.run_worker(self._read_page, group="read", exclusive=True)

    def _read_from(self, begin: str) -> None:
        self.mode, self._begin = "from", begin
        self._restart()

    async def _seek(self) -> None:
        given = await cast(Any, self.app).ask(AskLine(f"Read {self.topic} from", SEEK_HINT))
        if given == "latest":
            self.action_live()
        elif given:
            self._read_from(given)

    async def _follow(self) -> None:
        """The last records first, then looks as they come; after the engine was away, on from then."""
        topic, feed = self.topic or "", self._page.feed
        while True:
            try:
                page = await feed.ask(lambda client: client.records(topic, match=self._match, limit=100))
                self._take(page.records)
                async with aclosing(feed.watch(topic, match=self._match, after=page.next)) as looks:
                    async for look in looks:
                        self._buffer.skipped += look.skipped
                        self._buffer.looked_at += look.looked_at
                        self._take(look.records)
            except UsageError as error:
                self._say(error)
                return
            except SandboxError as error:
                self._say(error)
            await feed.pause(AGAIN_S)

    async def _read_page(self) -> None:
        """Pages until one has brought something, or the end is reached: a search may take several."""
        topic, feed, before = self.topic or "", self._page.feed, len(self._buffer.rows)
        while not self._done and len(self._buffer.rows) < before + PAGE:
            try:
                page = await feed.ask(
                    lambda client: client.records(
                        topic, begin=self._begin, after=self._next, match=self._match, limit=PAGE
                    )
                )
            except SandboxError as error:
                self._say(error)
                return
            self._next, self._done = page.next, page.done
            self._buffer.looked_at += page.looked_at
            self._take(page.records)
            if not self._match:
                return

    def _take(self, records: Any) -> None:
        self._said = ""
        if records:
            self._buffer.add(records)
        self._fill()

    def _say(self, error: SandboxError) -> None:
        self._said = "waiting for the sandbox" if isinstance(error, NotRunning) else error.render()
        self._fill()

    # Drawing

    def _fill(self) -> None:
        self.table.set_empty(self._said or self._nothing())
        self.table.set_rows(self._buffer.rows)
        self._draw_head(self._page.feed.now)

    def _nothing(self) -> str:
        if self._match:
            return f"nothing matches {self._match!r} yet" if self.mode == "live" else f"nothing matches {self._match!r}"
        return "no records yet; a sends one" if self.mode == "live" else "no records there"

    def _draw_head(self, now: Snapshot) -> None:
        parts: list[Any] = [(self.topic or "", "bold"), "   "]
        rate = self._line.rate if self._line else 0.0
        if self.mode == "live":
            live = ("● live", "$good") if now.is_live else ("◐ reconnecting", "$warn")
            parts += [live, f"  {rate_text(rate):>6} rec/s"]
            if self._buffer.skipped:
                whole = self._buffer.skipped + self._buffer.looked_at
                share = 100 * self._buffer.looked_at / max(1, whole)
                parts.append((f"   sampled: {share:.1f} % of {count_text(whole)} looked at", "$warn"))
        elif self.mode == "paused":
            missed = (self._line.produced if self._line else 0) - self._paused_at
            parts += [("‖ paused", "$warn"), (f"  {count_text(max(0, missed))} since; p goes on", "$dim")]
        else:
            parts += [("▸ from ", "$info"), self._begin]
            parts.append((f"  {count_text(self._buffer.looked_at)} looked at", "$dim"))
            parts.append(("  end" if self._done else "  n: next page", "$dim"))
        if self._match:
            parts += ["   ", ("/ ", "$info"), self._match]
        self.query_one("#records-head", Static).update(Content.assemble(*parts), layout=False)
        if self._has_next != self._offered:
            self._offered = self._has_next
            self.refresh_bindings()


def _columns(headers: bool) -> list[Column[RecordRow]]:
    columns = [
        Column("time", lambda row, _: Content.styled(clock_text(row.told["timestamp_ms"] or 0), "$dim"), 12),
        Column(
            "offset", lambda row, _: Content.assemble((f"{row.partition}@", "$dim"), str(row.offset)), 11, right=True
        ),
        Column(
            "key",
            lambda row, _: Content.styled(row.told["key"] or "–", "" if row.told["key"] else "$faint"),
            16,
            grow=1,
            keep_end=True,
        ),
    ]
    if headers:
        columns.append(Column("headers", lambda row, _: Content.styled(_headers(row), "$dim"), 20, grow=2, drop=1))
    return [*columns, Column("value", lambda row, _: _value(row.told), 20, grow=3)]


def _headers(row: RecordRow) -> str:
    return " ".join(f"{name}={value}" for name, value in row.told["headers"].items())


def _value(told: dict[str, Any]) -> Content:
    if told.get("error"):
        return Content.assemble(("✗ ", "$bad"), (str(told["error"]), "$bad"))
    if told["value"] is None:
        return Content.styled("null (tombstone)", "$dim")
    return summary(told["value"], told["key"])
