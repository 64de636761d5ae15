"""6 Faults and controls: what goes wrong on purpose, and everything that can be moved by hand."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from sandbox.errors import SandboxError
from sandbox.tui.screens.breaker_list import BreakerList
from sandbox.tui.screens.component_list import ComponentList
from sandbox.tui.screens.control_table import ControlTable
from sandbox.tui.screens.fault_list import FaultList
from sandbox.tui.screens.limit_list import LimitList
from sandbox.tui.screens.page import Page
from sandbox.tui.state import Snapshot
from sandbox.tui.widgets.table import Table

__all__ = ["FaultsPage"]

WIDE = 150
FAULTS_LINES = 8
LIMITS_EVERY_MS = 3_000


class FaultsPage(Page):
    """Four lists, under each other; in a wide window beside each other. In a short one only that with the cursor
    is unfolded: the others keep their title with what is most worth knowing of them."""

    DEFAULT_CSS = """
    FaultsPage #faults { height: 1fr; min-height: 6; }
    FaultsPage #faults.-folded { height: 1; min-height: 1; }
    FaultsPage #others { height: auto; }
    FaultsPage #others.-opened { height: 1fr; }
    FaultsPage.-wide { layout: horizontal; }
    FaultsPage.-wide #faults { width: 1fr; }
    FaultsPage.-wide #others { width: 1fr; height: 1fr; }
    """
    FILTER_HINT = "part of a fault's words"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "add a fault"),
        Binding("D", "remove_all", "remove all", tooltip="remove every fault"),
    ]

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._filter = ""
        self._limits_ms = 0
        self._epoch: str | None = None

    def compose(self) -> ComposeResult:
        yield FaultList(id="faults")
        with Vertical(id="others"):
            yield ComponentList(id="components")
            yield BreakerList(id="breakers")
            yield LimitList(id="limits")

    def show(self, now: Snapshot) -> None:
        if now.epoch != self._epoch or now.at_ms - self._limits_ms >= LIMITS_EVERY_MS:
            self._epoch, self._limits_ms = now.epoch, now.at_ms
            if now.is_live:
                self.run_worker(self._load_limits, group="limits", exclusive=True)
        self.query_one(FaultList).show(now, self._filter)
        self.query_one(ComponentList).show(now, "")
        self.query_one(BreakerList).show(now, "")
        self.query_one(LimitList).show(now, "")
        self._arrange()

    async def _load_limits(self) -> None:
        try:
            found = await self.feed.ask(lambda client: client.limits())
        except SandboxError:
            return  # the next look asks again
        limits = self.query_one(LimitList)
        if found != limits.limits:
            limits.limits = found
            limits.show(self.feed.now, "")
            self._arrange()

    def entered(self) -> None:
        self._limits_ms = 0

    def open_at(self, target: str) -> None:
        """A list, or a fault's id."""
        if target in ("faults", "components", "breakers", "limits"):
            self.query_one(f"#{target}").focus()
        else:
            self.query_one(FaultList).select(target)

    def filter(self, text: str) -> None:
        self._filter = text.lower()
        self.query_one(FaultList).show(self.feed.now, self._filter)

    def first_focus(self) -> Widget:
        return self.query_one(FaultList)

    def on_resize(self) -> None:
        self._arrange()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._arrange()
        self.refresh_bindings()

    def _arrange(self) -> None:
        """All unfolded, each as high as its rows, where that leaves room for the faults."""
        lists = list(self.query(ControlTable))
        others = [each for each in lists if not isinstance(each, FaultList)]
        self.set_class(self.size.width >= WIDE, "-wide")
        needed = sum(len(each.rows) + 2 for each in others) + (0 if self.has_class("-wide") else FAULTS_LINES)
        short = self.size.height < needed
        opened = next((each for each in lists if each.has_focus), None)
        if opened is None:
            opened = next((each for each in lists if short and not each.has_class("-folded")), lists[0])
        for each in lists:
            each.set_class(short and each is not opened, "-folded")
        for each in others:
            each.styles.height = None if short else len(each.rows or (1,)) + 2
        self.query_one("#others").set_class(short and opened in others, "-opened")

    def action_add(self) -> None:
        self.query_one(FaultList).add()

    def action_remove_all(self) -> None:
        self.query_one(FaultList).remove_all()

    def on_table_opened(self, event: Table.Opened) -> None:
        table = event.table
        if isinstance(table, FaultList):
            table.explain(event.row)
        elif isinstance(table, ComponentList | BreakerList):
            table.choose()
        elif isinstance(table, LimitList):
            table.action_change()
