"""4 Scenarios: the library, a run as it goes, and the same run for an audience."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from sandbox.errors import SandboxError
from sandbox.tui.dialogs.ask_line import AskLine
from sandbox.tui.screens.page import Page
from sandbox.tui.screens.scenario_list import ScenarioList
from sandbox.tui.screens.scenario_stage import ScenarioStage
from sandbox.tui.screens.scenario_steps import ScenarioSteps
from sandbox.tui.state import Snapshot
from sandbox.tui.widgets.panel import Panel
from sandbox.tui.widgets.table import Table

__all__ = ["ScenariosPage"]

_OF = {
    "library": {"run", "run_seeded", "present", "watch", "again"},
    "run": {"next", "to_end", "stop", "to_failed", "turn", "library"},
    "stage": {"next", "to_end", "stop", "turn", "library"},
}
"""Which actions belong to which view."""


class ScenariosPage(Page):
    """`esc` goes from a run back to the library; the run goes on."""

    DEFAULT_CSS = "ScenariosPage ContentSwitcher { height: 1fr; }"
    FILTER_HINT = "words of the name, title, purpose or tags; #tag for one tag"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,n", "next", "next step", priority=True, tooltip="let a run that waits go on by a step"),
        Binding("r", "run", "run"),
        Binding("p", "present", "present", tooltip="run it for an audience: it waits before each step"),
        Binding("R", "run_seeded", "run with seed", tooltip="run with a seed: the same seed, the same traffic"),
        Binding("v", "watch", "view the run"),
        Binding("ctrl+r", "again", "read again", tooltip="read the library again", show=False),
        Binding("p", "turn", "big/steps", tooltip="big for an audience, or the steps in detail"),
        Binding("e", "to_end", "to the end", tooltip="let it go on to its end without waiting"),
        Binding("f", "to_failed", "to the failure", tooltip="the first step that failed"),
        Binding("s", "stop", "stop", tooltip="stop the run; its `finally` steps still run"),
    ]

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._wanted: str | None = None

    def compose(self) -> ComposeResult:
        with ContentSwitcher(initial="library"):
            yield ScenarioList(id="library")
            yield ScenarioSteps(id="run")
            yield ScenarioStage(id="stage")

    @property
    def _library(self) -> ScenarioList:
        return self.query_one(ScenarioList)

    @property
    def _view(self) -> str:
        return self.query_one(ContentSwitcher).current or "library"

    def show(self, now: Snapshot) -> None:
        if self._view == "run":
            self.query_one(ScenarioSteps).show(now, self._wanted)
        elif self._view == "stage":
            self.query_one(ScenarioStage).show(now, self._wanted)
        else:
            self._library.show(now)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if any(action in names for names in _OF.values()) and action not in _OF[self._view]:
            return False
        run = self.feed.now.run
        if action in ("next", "to_end"):
            return run is not None and run.held is not None
        if action == "stop":
            return run is not None and run.state == "running"
        if action == "to_failed":
            return run is not None and any(step.failure for step in run.steps)
        return True

    # Views

    def open_at(self, target: str) -> None:
        """A scenario's name, or `run`."""
        if target == "run":
            self._turn("run")
        else:
            self._turn("library")
            self._library.table.select(target)

    @property
    def filter_hint(self) -> str:
        return self.FILTER_HINT if self._view == "library" else ""

    def filter(self, text: str) -> None:
        self._library.filter(text)

    def go_back(self) -> bool:
        if self._view == "library":
            return False
        self._turn("library")
        return True

    def first_focus(self) -> Widget:
        return {
            "library": lambda: self._library.table,
            "run": lambda: self.query_one(ScenarioSteps).table,
            "stage": lambda: self.query_one("#stage-steps", Panel),
        }[self._view]()

    def _turn(self, view: str) -> None:
        self.query_one(ContentSwitcher).current = view
        self.first_focus().focus()
        self.scope_changed()
        self.call_after_refresh(lambda: self.show(self.feed.now))

    def action_watch(self) -> None:
        self._turn("run")

    def action_turn(self) -> None:
        self._turn("run" if self._view == "stage" else "stage")

    def action_again(self) -> None:
        self._library.load()

    def on_table_opened(self, event: Table.Opened) -> None:
        if event.table is self._library.table:
            self._library.explain()

    # Runs

    def action_run(self) -> None:
        self._begin("run")

    def action_present(self) -> None:
        self._begin("stage", step=True)

    def action_run_seeded(self) -> None:
        self.run_worker(self._ask_seed, group="ask", exclusive=True)

    async def _ask_seed(self) -> None:
        hint = "a whole number: the same seed gives the same traffic · enter runs · esc leaves"
        typed = await cast(Any, self.app).ask(AskLine("Which seed?", hint))
        if typed is None:
            return
        if typed.isdecimal():
            self._begin("run", seed=int(typed))
        else:
            self.app.notify("a seed is a whole number, such as 42", severity="error")

    def _begin(self, view: str, **options: Any) -> None:
        chosen = self._library.chosen
        if chosen is None:
            return

        async def start() -> None:
            try:
                found = await self._library.document(chosen.name)
            except SandboxError as error:
                self.app.notify(error.render(), title="not run", severity="error", markup=False)
                return
            document = {"file": found.file, "text": found.text, "files": found.files, **options}

            def started(run: str) -> None:
                self._wanted = run
                self._turn(view)

            self.do("", lambda client: client.run_scenario(document), started)

        self.run_worker(start, group="start", exclusive=True)

    def action_next(self) -> None:
        self._go_on(to_end=False)

    def action_to_end(self) -> None:
        self._go_on(to_end=True)

    def on_panel_opened(self) -> None:
        if self.check_action("next", ()):
            self.action_next()

    def _go_on(self, *, to_end: bool) -> None:
        if (run := self.feed.now.run) is not None:
            self.do("", lambda client: client.next_step(run.run, to_end=to_end))

    def action_stop(self) -> None:
        if (run := self.feed.now.run) is not None:
            self.do(f"{run.scenario} stopped", lambda client: client.stop_scenario(run.run))

    def action_to_failed(self) -> None:
        self.query_one(ScenarioSteps).to_failed()
