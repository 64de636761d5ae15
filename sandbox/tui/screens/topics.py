"""2 Topics: what there is, and the records of one of them."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from sandbox.tui.screens.page import Page
from sandbox.tui.screens.topic_list import TopicList
from sandbox.tui.screens.topic_records import TopicRecords
from sandbox.tui.screens.topic_sending import send_record
from sandbox.tui.state import Snapshot
from sandbox.tui.widgets.table import Table

__all__ = ["TopicsPage"]


class TopicsPage(Page):
    """The list, or one topic's records: enter goes in, `esc` goes out."""

    DEFAULT_CSS = "TopicsPage ContentSwitcher { height: 1fr; }"
    FILTER_HINT = "part of a topic's name"
    RECORDS_HINT = 'key=K  header.NAME=V  $.path=V  partition=N  words  !not  "two words"'
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "send_new", "send a record"),
        Binding("i", "internal", "Kafka's own", tooltip="Kafka's own topics too"),
        Binding("s", "sort", "sort", tooltip="sort by name, rate, records, lag"),
    ]

    def compose(self) -> ComposeResult:
        with ContentSwitcher(initial="list"):
            yield TopicList(id="list")
            yield TopicRecords(id="records")

    @property
    def _list(self) -> TopicList:
        return self.query_one(TopicList)

    @property
    def _records(self) -> TopicRecords:
        return self.query_one(TopicRecords)

    @property
    def _is_in(self) -> bool:
        return self.query_one(ContentSwitcher).current == "records"

    def show(self, now: Snapshot) -> None:
        if self._is_in:
            self._records.show(now)
        else:
            self._list.show(now)

    @property
    def filter_hint(self) -> str:
        return self.RECORDS_HINT if self._is_in else self.FILTER_HINT

    @property
    def filter_scope(self) -> str:
        return self._records.topic or "" if self._is_in else ""

    def open_at(self, target: str) -> None:
        """A topic's name."""
        self._enter(target)

    def entered(self) -> None:
        if self._is_in:
            self._records.resume()
        else:
            self._list.resume()

    def left(self) -> None:
        self._records.rest()
        self._list.rest()

    def filter(self, text: str) -> None:
        if self._is_in:
            self._records.filter(text)
        else:
            self._list.filter(text)

    def go_back(self) -> bool:
        if not self._is_in:
            return False
        if not self._records.go_back():
            self._records.rest()
            self.query_one(ContentSwitcher).current = "list"
            self._list.show(self.feed.now)
            self._list.resume()
            self._list.table.focus()
            self.scope_changed()
            self.refresh_bindings()
        return True

    def first_focus(self) -> Widget:
        return self._records.table if self._is_in else self._list.table

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Sorting and Kafka's own topics belong to the list."""
        return not (action in ("internal", "sort") and self._is_in)

    def action_internal(self) -> None:
        self._list.turn_internal()

    def action_sort(self) -> None:
        self._list.next_order()

    def action_send_new(self) -> None:
        topic = self._records.topic if self._is_in else self._list.topic
        if topic is not None:
            send_record(self, topic)

    def on_table_opened(self, event: Table.Opened) -> None:
        if event.table is self._list.table:
            self._enter(event.row.name)

    def _enter(self, topic: str) -> None:
        self._list.rest()
        self.query_one(ContentSwitcher).current = "records"
        self._records.open_topic(topic)
        self._records.table.focus()
        self.scope_changed()
        self.refresh_bindings()
