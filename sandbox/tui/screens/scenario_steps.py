"""A run as it goes: its steps with their waits, and everything about the one under the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.tui.screens.scenario_words import result_line, step_lines, taken
from sandbox.tui.signs import sign_of
from sandbox.tui.state import RunLine, Snapshot, StepLine
from sandbox.tui.widgets.table import Column, Table

__all__ = ["ScenarioSteps"]

WIDE = 150


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """`place` counts what was told, captions too."""

    place: int
    step: StepLine
    now_ms: int


class ScenarioSteps(Vertical):
    DEFAULT_CSS = """
    ScenarioSteps #run-head { height: auto; padding: 0 2; }
    ScenarioSteps #run-body { height: 1fr; layout: vertical; }
    ScenarioSteps.-wide #run-body { layout: horizontal; }
    ScenarioSteps #step-table {
        height: 1fr; border: round $border; padding: 0 1; border-title-color: $dim; border-subtitle-color: $dim;
        &:focus { border: round $info; border-title-color: $info; }
    }
    ScenarioSteps #step {
        height: auto; max-height: 50%; border: round $border; padding: 0 1; border-title-color: $dim;
        scrollbar-size-vertical: 1;
        &:focus { border: round $info; border-title-color: $info; }
    }
    ScenarioSteps.-wide #step { width: 1fr; height: 1fr; max-height: 100%; }
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._run: str | None = None
        self._state = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="run-head")
        with Vertical(id="run-body"):
            yield Table[PlacedStep](_columns(), key=lambda each: each.place, head=False, id="step-table")
            with VerticalScroll(id="step"):
                yield Static("")

    def on_mount(self) -> None:
        self.table.follow = True
        self.table.border_title = "Steps"
        self.query_one("#step").border_title = "Step"

    def on_resize(self) -> None:
        self.set_class(self.size.width >= WIDE, "-wide")

    @property
    def table(self) -> Table[PlacedStep]:
        return self.query_one("#step-table", Table)

    def show(self, now: Snapshot, wanted: str | None) -> None:
        """`wanted` is the run that was started last from here."""
        run = now.run
        if run is None or (wanted is not None and run.run != wanted and run.state != "running"):
            self.table.set_empty(_nothing(now, wanted))
            self.table.set_rows(())
            self.query_one("#run-head", Static).update("")
            return
        if run.run != self._run:
            self._run, self._state = run.run, "running"
            self.table.set_rows(())
        self.query_one("#run-head", Static).update(_head(run))
        self.table.set_empty("the first step is to come")
        self.table.set_rows([PlacedStep(place, step, now.at_ms) for place, step in enumerate(run.steps)])
        left = run.total - run.done
        self.table.border_subtitle = f"{left} to come" if run.state == "running" else ""
        if run.state != self._state:
            self._state = run.state
            if run.state == "failed":
                self.to_failed()
        self._tell()

    def on_table_highlighted(self) -> None:
        self._tell()
        self.query_one("#step", VerticalScroll).scroll_home(animate=False)

    def _tell(self) -> None:
        row, panel = self.table.cursor_row, self.query_one("#step", VerticalScroll)
        width = max(30, panel.scrollable_content_region.width - 1)
        lines = [] if row is None else step_lines(row.step, width)
        text = Content("\n").join(lines)
        shown = panel.query_one(Static)
        if str(shown.content) != text.plain:
            shown.update(text)

    def to_failed(self) -> bool:
        """Put the cursor on the first step that failed for a reason of its own."""
        failed = next((each for each in self.table.rows if each.step.state == "failed" and each.step.failure), None)
        return failed is not None and (self.table.select(failed.place) or self.table.cursor_row == failed)


def _head(run: RunLine) -> Content:
    lines = [Content.assemble((run.scenario, "bold $strong"), "   ", result_line(run))]
    if run.purpose:
        lines.append(Content.styled(run.purpose, "$dim"))
    return Content("\n").join(lines)


def _nothing(now: Snapshot, wanted: str | None) -> str:
    if not now.is_live:
        return "waiting for the sandbox"
    if wanted is not None:
        return "the run begins"
    return "no scenario has run\n\nesc shows the library, r runs the one under the cursor"


def _columns() -> list[Column[PlacedStep]]:
    return [
        Column("", _title, 30, grow=4),
        Column("", _detail, 16, grow=2, drop=1),
        Column("", lambda each, _: taken(each.step, each.now_ms), 22, right=True),
    ]


def _title(each: PlacedStep, _: int) -> Content:
    step = each.step
    if not step.number:
        return Content.styled(f"  {step.title}", "italic $strong")
    sign = sign_of(step.state)
    inset = "  " * step.path.count(".")
    tone = "$bad" if step.state == "failed" else "$dim" if step.state == "skipped" else ""
    number = f"{step.path or step.number} " if inset else f"{step.number:>2} "
    return Content.assemble(inset, (f"{sign.mark} ", sign.tone), (number, "$dim"), (step.title, tone))


def _detail(each: PlacedStep, _: int) -> Content:
    step = each.step
    if step.failure:
        return Content.styled(f"found {step.failure.get('actual', '')}", "$bad")
    return Content.styled((step.detail or "").partition("\n")[0], "$dim")
