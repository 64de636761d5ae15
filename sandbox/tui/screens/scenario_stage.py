"""A run for an audience: what is said in large, breakers and topics beside it, and what comes next."""

from __future__ import annotations

import textwrap
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from sandbox.tui.figures import count_text, rate_text
from sandbox.tui.screens.overview_panels import breaker_lines, fault_lines, story_lines
from sandbox.tui.screens.scenario_words import caption_of, result_line
from sandbox.tui.state import RunLine, Snapshot
from sandbox.tui.widgets.panel import Panel
from sandbox.tui.widgets.sparkline import sparkline

__all__ = ["ScenarioStage"]

NARROW = 100
SHORT = 32
CAPTION_WIDTH = 72
NAME_WIDTH = 26


class ScenarioStage(Vertical):
    DEFAULT_CSS = """
    ScenarioStage #caption {
        height: auto; padding: 1 4; text-align: center; background: $surface; color: $strong;
        text-style: bold; content-align: center middle; min-height: 5;
    }
    ScenarioStage #next { height: 1; text-align: center; }
    ScenarioStage #stage-panels { height: 1fr; }
    ScenarioStage .column { width: 1fr; height: 1fr; }
    ScenarioStage #stage-topics, ScenarioStage #stage-steps { height: 1fr; }
    ScenarioStage #stage-faults { height: auto; }
    ScenarioStage.-tall #caption { padding: 3 4; }
    ScenarioStage.-narrow #stage-panels { layout: vertical; }
    ScenarioStage.-narrow .column { width: 1fr; height: auto; }
    ScenarioStage.-narrow #right-column { height: 1fr; }
    ScenarioStage.-narrow #stage-topics, ScenarioStage.-narrow #stage-faults { display: none; }
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._shown: tuple[Snapshot, str | None] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="caption")
        yield Static("", id="next")
        with Horizontal(id="stage-panels"):
            with Vertical(classes="column"):
                yield Panel("Breakers", id="stage-breakers")
                yield Panel("Topics", id="stage-topics")
            with Vertical(classes="column", id="right-column"):
                yield Panel("Story", id="stage-steps")
                yield Panel("Faults", id="stage-faults")

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        self.set_class(self.size.height >= SHORT, "-tall")
        self.call_after_refresh(self._again)

    def show(self, now: Snapshot, wanted: str | None) -> None:
        self._shown = (now, wanted)
        run = now.run if wanted is None or now.run is None or now.run.run == wanted else None
        self.query_one("#caption", Static).update(_caption(run))
        self.query_one("#next", Static).update(_next(run))
        breakers, topics, steps, faults = (
            self.query_one(f"#stage-{name}", Panel) for name in ("breakers", "topics", "steps", "faults")
        )
        if not breakers.room:
            return
        breakers.write(breaker_lines(now.breakers, now.at_ms, breakers.room, 99))
        topics.write(_topic_lines(now, topics.room, topics.content_size.height))
        steps.write(story_lines(run, now.at_ms, steps.room, steps.content_size.height))
        faults.write(fault_lines(now.faults, faults.room))

    def _again(self) -> None:
        """With the widths that there are now."""
        if self._shown is not None:
            self.show(*self._shown)


def _caption(run: RunLine | None) -> Content:
    if run is None:
        return Content.styled("the run begins", "$dim")
    return Content("\n").join([Content(line) for line in textwrap.wrap(caption_of(run), CAPTION_WIDTH)])


def _next(run: RunLine | None) -> Content:
    if run is None:
        return Content("")
    if run.held is not None:
        return Content.assemble(("space", "bold $info"), (" next  ", "$dim"), run.held)
    return result_line(run)


def _topic_lines(now: Snapshot, width: int, height: int) -> list[Content]:
    """The busiest topics, each with a wide row of bars."""
    found = [each for each in now.topics if not each.internal and (each.produced or each.records)]
    if not found:
        return [Content.styled("no records yet", "$dim")]
    busiest = sorted(found, key=lambda each: (-each.rate, -max(each.rates, default=0.0), each.name))[: max(1, height)]
    room = max(6, width - NAME_WIDTH - 20)
    return [
        Content.assemble(
            (f"{_short(each.name):<{NAME_WIDTH}}", "bold"), sparkline(each.rates, room),
            f"{rate_text(each.rate):>7}/s", (f"{count_text(each.records):>11}", "$dim"),
        )
        for each in sorted(busiest, key=lambda each: each.name)
    ]  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) < NAME_WIDTH else f"{name[: NAME_WIDTH - 2]}…"
