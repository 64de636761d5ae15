"""All topics in numbers, and the partitions of the one under the cursor with each group's lag."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from sandbox.control.overview_models import PartitionCount
from sandbox.errors import SandboxError
from sandbox.tui.figures import bytes_text, count_text, rate_text
from sandbox.tui.screens.page import Page
from sandbox.tui.state import Snapshot, TopicLine
from sandbox.tui.widgets.panel import Panel
from sandbox.tui.widgets.sparkline import sparkline
from sandbox.tui.widgets.table import Column, Table

__all__ = ["TopicList"]

LOOK_EVERY_S = 1.0
ORDERS: tuple[tuple[str, Callable[[TopicLine], Any]], ...] = (
    ("name", lambda topic: topic.name),
    ("rate", lambda topic: (-topic.rate, topic.name)),
    ("records", lambda topic: (-topic.records, topic.name)),
    ("lag", lambda topic: (-topic.lag, topic.name)),
)


class TopicList(Horizontal):
    DEFAULT_CSS = """
    TopicList #topic-table { border: round $border; padding: 0 1; }
    TopicList #topic-table { border-title-color: $dim; border-subtitle-color: $dim; }
    TopicList #topic-table:focus { border: round $info; border-title-color: $info; }
    TopicList #partitions { width: 50; height: 1fr; }
    TopicList.-narrow #partitions { display: none; }
    """

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._filter = ""
        self._internal = False
        self._order = 0
        self._now = Snapshot()

    def compose(self) -> ComposeResult:
        yield Table[TopicLine](_columns(), key=lambda topic: topic.name, empty="no topics yet", id="topic-table")
        yield Panel("Partitions", id="partitions")

    def on_mount(self) -> None:
        self.table.border_title = "Topics"

    def on_resize(self) -> None:
        self.set_class(self.size.width < 118, "-narrow")

    @property
    def table(self) -> Table[TopicLine]:
        return self.query_one("#topic-table", Table)

    @property
    def topic(self) -> str | None:
        """The one under the cursor."""
        row = self.table.cursor_row
        return None if row is None else row.name

    def show(self, now: Snapshot) -> None:
        self._now = now
        shown = [
            topic
            for topic in now.topics
            if (self._internal or not topic.internal) and self._filter in topic.name.lower()
        ]
        name, order = ORDERS[self._order]
        self.table.border_subtitle = f"by {name}"
        self.table.set_empty(_nothing(now, self._filter))
        self.table.set_rows(sorted(shown, key=order))

    def filter(self, text: str) -> None:
        self._filter = text.lower()
        self.show(self._now)

    def turn_internal(self) -> None:
        self._internal = not self._internal
        self.show(self._now)

    def next_order(self) -> None:
        self._order = (self._order + 1) % len(ORDERS)
        self.show(self._now)

    def on_table_highlighted(self) -> None:
        self.resume()

    def resume(self) -> None:
        """Read the partitions of the topic under the cursor, once a second while somebody looks."""
        self.run_worker(self._follow_partitions, group="partitions", exclusive=True)

    def rest(self) -> None:
        self.workers.cancel_group(self, "partitions")

    async def _follow_partitions(self) -> None:
        panel = self.query_one("#partitions", Panel)
        page = next(each for each in self.ancestors if isinstance(each, Page))
        while (topic := self.topic) is not None:
            panel.border_title = topic
            if panel.display:
                try:
                    found = await page.feed.ask(lambda client: client.partitions(topic))
                    panel.write(partition_lines(found))
                except SandboxError as error:
                    panel.write([Content.styled(error.message, "$warn")])
            await asyncio.sleep(LOOK_EVERY_S)


def partition_lines(partitions: Sequence[PartitionCount]) -> list[Content]:
    """A line each, then what every group is behind in all."""
    groups = sorted({group for each in partitions for group in each.lag})
    lines = [Content.styled(f"{'':>3} {'first':>9} {'next':>11} {'records':>10} {'lag':>8}", "$dim")]
    for each in partitions:
        lag = max(each.lag.values(), default=0)
        lines.append(
            Content.assemble(
                (f"{each.partition:>3} ", "$dim"),
                f"{each.begin:>9,} {each.end:>11,} {each.end - each.begin:>10,} ",
                (f"{lag:>8,}" if each.lag else f"{'–':>8}", "$warn" if lag else "$dim"),
            )
        )
    lines.append(Content(""))
    if not groups:
        lines.append(Content.styled("no consumer group reads it", "$dim"))
    for group in groups:
        lag = sum(each.lag.get(group, 0) for each in partitions)
        behind = [str(each.partition) for each in partitions if each.lag.get(group)]
        where = f"  in {', '.join(behind)}" if behind else ""
        lines.append(
            Content.assemble(
                ("▲ " if lag else "● ", "$warn" if lag else "$good"),
                f"{group:<18}",
                (f"{lag:>8,} behind", "$warn" if lag else "$dim"),
                (where, "$dim"),
            )
        )
    return lines


def _nothing(now: Snapshot, text: str) -> str:
    if text:
        return f"no topic with {text!r} in its name"
    return "no topics yet" if now.is_live else "waiting for the sandbox"


def _columns() -> list[Column[TopicLine]]:
    return [
        Column("topic", lambda topic, _: Content.styled(topic.name, "$dim" if topic.internal else ""), 24, grow=2),
        Column("parts", lambda topic, _: Content.styled(str(topic.partitions), "$dim"), 5, right=True, drop=2),
        Column("records", lambda topic, _: count_text(topic.records), 10, right=True),
        Column("rec/s", lambda topic, _: rate_text(topic.rate), 7, right=True),
        Column("", lambda topic, width: sparkline(topic.rates, width), 6, grow=1, drop=3),
        Column("bytes/s", _bytes_rate, 9, right=True, drop=4),
        Column("size", _size, 9, right=True, drop=5),
        Column("lag", _lag, 8, right=True),
    ]


def _bytes_rate(topic: TopicLine, _: int) -> Content:
    return Content.styled("–" if topic.bytes_rate is None else bytes_text(topic.bytes_rate), "$dim")


def _size(topic: TopicLine, _: int) -> Content:
    return Content.styled("–" if topic.size_bytes is None else bytes_text(topic.size_bytes), "$dim")


def _lag(topic: TopicLine, _: int) -> Content:
    if not topic.lags:
        return Content.styled("–  ", "$faint")
    return Content.assemble(count_text(topic.lag), (" ▲", "$warn") if topic.lag else "  ")
