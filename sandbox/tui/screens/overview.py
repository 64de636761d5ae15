"""1 Overview: is it up, what flows, what is broken, what is the story doing."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from sandbox.tui.figures import count_text, rate_text
from sandbox.tui.screens.overview_panels import (
    breaker_lines,
    fault_lines,
    letter_lines,
    limit_lines,
    service_lines,
    story_lines,
)
from sandbox.tui.screens.page import Page
from sandbox.tui.state import Snapshot, TopicLine
from sandbox.tui.widgets.panel import Panel
from sandbox.tui.widgets.sparkline import sparkline
from sandbox.tui.widgets.table import Column, Table

__all__ = ["OverviewPage"]

FOLDS = (("topics", "Topics"), ("story", "Story"), ("letters", "Dead letters"), ("faults", "Faults"))
NARROW = 110
SHORT = 32
OPENS = {
    "services": "faults",
    "breakers": "faults",
    "breakers-narrow": "faults",
    "story": "scenarios",
    "letters": "dlq",
    "faults": "faults",
}


class OverviewPage(Page):
    """Two columns where there is room. In a narrow window Services and Breakers stay, and the other panels take turns
    below them: `[` and `]` turn."""

    DEFAULT_CSS = """
    OverviewPage { layout: horizontal; }
    OverviewPage #left { width: 11fr; height: 1fr; }
    OverviewPage #right { width: 12fr; height: 1fr; }
    OverviewPage #topics { border: round $border; border-title-color: $dim; border-subtitle-color: $dim; padding: 0 1; }
    OverviewPage #topics:focus { border: round $info; border-title-color: $info; }
    OverviewPage #story { height: 1fr; min-height: 5; }
    OverviewPage #breakers-narrow { display: none; }
    OverviewPage.-narrow { layout: vertical; }
    OverviewPage.-narrow #breakers-narrow { display: block; }
    OverviewPage.-narrow #breakers { display: none; }
    OverviewPage.-narrow #left { width: 1fr; height: auto; }
    OverviewPage.-narrow #right { width: 1fr; height: auto; }
    OverviewPage.-narrow .fold { display: none; }
    OverviewPage.-narrow .fold.-turned { display: block; height: 1fr; }
    OverviewPage.-narrow #left.-holds, OverviewPage.-narrow #right.-holds { height: 1fr; }
    """
    FILTER_HINT = "part of a topic's name"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "traffic", "ambient traffic", tooltip="start or stop ambient traffic"),
        Binding("right_square_bracket", "turn(1)", "next panel", show=False),
        Binding("left_square_bracket", "turn(-1)", "panel before", show=False),
        Binding("i", "internal", "Kafka's own topics", show=False),
    ]

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._turned = 0
        self._internal = False
        self._filter = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="left"):
            yield Panel("Services", id="services")
            yield Panel("Breakers", id="breakers-narrow")
            yield Table[TopicLine](
                _columns(), key=lambda topic: topic.name, empty="no topics yet", id="topics", classes="fold"
            )
        with Vertical(id="right"):
            yield Panel("Breakers", id="breakers")
            yield Panel("Story", id="story", classes="fold")
            yield Panel("Dead letters", id="letters", classes="fold")
            yield Panel("Faults", id="faults", classes="fold")

    def on_mount(self) -> None:
        self._arrange()

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        self._arrange()
        self.call_after_refresh(self._again)

    def first_focus(self) -> Widget:
        return self.query_one("#topics")

    def filter(self, text: str) -> None:
        self._filter = text.lower()
        self._again()

    def action_internal(self) -> None:
        self._internal = not self._internal
        self._again()

    def action_traffic(self) -> None:
        if self.feed.now.traffic.running:
            self.do("ambient traffic stopped", lambda client: client.stop_traffic())
        else:
            self.do("ambient traffic starts", lambda client: client.start_traffic())

    def action_turn(self, step: int) -> None:
        if self.has_class("-narrow"):
            self._turned = (self._turned + step) % len(FOLDS)
            self._arrange()
            self.query_one(f"#{FOLDS[self._turned][0]}").focus()
            self.call_after_refresh(self._again)

    def on_table_opened(self, event: Table.Opened) -> None:
        self.go("topics", event.row.name)

    def on_panel_opened(self, event: Panel.Opened) -> None:
        self.go(OPENS[event.panel.id or "services"])

    def _again(self) -> None:
        self.show(self.feed.now)

    def _arrange(self) -> None:
        """The panel whose turn it is fills what is left over."""
        narrow = self.has_class("-narrow")
        for place, (name, title) in enumerate(FOLDS):
            panel = self.query_one(f"#{name}")
            panel.set_class(place == self._turned, "-turned")
            panel.border_title = _fold_title(place) if narrow else title
        for side in ("left", "right"):
            holder = self.query_one(f"#{side}")
            holder.set_class(bool(holder.query(".-turned")), "-holds")

    def show(self, now: Snapshot) -> None:
        narrow = self.has_class("-narrow")
        services = self.query_one("#services", Panel)
        breakers = self.query_one("#breakers-narrow" if narrow else "#breakers", Panel)
        letters, story, faults = (self.query_one(f"#{name}", Panel) for name in ("letters", "story", "faults"))
        if not services.room:
            return
        lines = service_lines(now, services.room)
        services.write([*lines, *limit_lines(now.limits, services.room, 1 if self.size.height < SHORT else 3)])
        services.border_subtitle = _pending(now) if narrow else ""
        low = narrow and self.size.height < SHORT
        breakers.write(
            breaker_lines(now.breakers, now.at_ms, breakers.room, 0 if low and len(now.breakers) > 2 else 99)
        )
        story.write(story_lines(now.run, now.at_ms, story.room, story.content_size.height))
        if not narrow:
            story.border_title = f"Story: {now.run.scenario}" if now.run else "Story"
        letters.write(letter_lines(now.letters, letters.room))
        faults.write(fault_lines(now.faults, faults.room))
        topics = [
            topic
            for topic in now.topics
            if (self._internal or not topic.internal) and self._filter in topic.name.lower()
        ]
        table = self.query_one("#topics", Table)
        table.border_subtitle = _flowing(now)
        table.set_rows(topics)


def _flowing(now: Snapshot) -> str:
    """What makes something flow, while nothing does."""
    if now.traffic.running:
        return f"[$info]t[/] stops ambient traffic, {now.traffic.rate:g}/s"
    if now.is_live and now.rate == 0:
        return "nothing flows: [$info]t[/] starts ambient traffic"
    return ""


def _pending(now: Snapshot) -> Content:
    depth = sum(each.depth for each in now.letters)
    return Content.styled(f"{count_text(depth)} dead letters pending", "$warn" if depth else "$dim")


def _fold_title(turned: int) -> Content:
    parts = [
        Content.styled(title, "bold $info") if place == turned else Content.styled(title, "$dim")
        for place, (_, title) in enumerate(FOLDS)
    ]
    return Content.assemble(("[ ", "$dim"), Content.styled(" · ", "$faint").join(parts), (" ]", "$dim"))


def _columns() -> list[Column[TopicLine]]:
    return [
        Column("topic", lambda topic, _: Content.styled(topic.name, "$dim" if topic.internal else ""), 22, grow=1),
        Column("", lambda topic, width: sparkline(topic.rates, width), 6, grow=2, drop=1),
        Column("rec/s", lambda topic, _: rate_text(topic.rate), 7, right=True),
        Column("records", lambda topic, _: Content.styled(count_text(topic.records), "$dim"), 9, right=True, drop=2),
        Column("lag", _lag, 7, right=True),
    ]


def _lag(topic: TopicLine, _: int) -> Content:
    if not topic.lags:
        return Content.styled("–  ", "$faint")
    return Content.assemble(count_text(topic.lag), (" ▲", "$warn") if topic.lag else "  ")
