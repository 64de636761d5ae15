"""What the lists of the page Faults share: a framed table that knows its page and can fold to its title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

from textual.content import Content

from sandbox.tui.dialogs.choose import Choice, Choose
from sandbox.tui.dialogs.confirm import Confirm
from sandbox.tui.screens.page import Page
from sandbox.tui.widgets.table import Table

__all__ = ["ControlTable"]

Row = TypeVar("Row")


class ControlTable(Table[Row], Generic[Row]):
    """`tell` puts a title and a summary into the frame; both stay in sight while the list is folded."""

    DEFAULT_CSS = """
    ControlTable {
        border: round $border; padding: 0 1; height: 1fr; border-title-color: $dim; border-subtitle-color: $dim;
        &:focus { border: round $info; border-title-color: $info; }
        &.-folded { height: 1; min-height: 1; border: none; border-top: round $border; scrollbar-size-vertical: 0; }
    }
    """

    @property
    def page(self) -> Page:
        return next(each for each in self.ancestors if isinstance(each, Page))

    def tell(self, title: str, summary: Content | str) -> None:
        self.border_title = Content.assemble(
            title, "  ", summary if isinstance(summary, Content) else (summary, "$dim")
        )

    def refused(self) -> bool:
        """Whether this is a read-only view, which is said: before a form is filled in for nothing."""
        if self.page.feed.read_only:
            self.page.do("", lambda client: client.status())
            return True
        return False

    def confirmed(self, question: str, text: str, act: Callable[[], None]) -> None:
        """`act` once the user agrees."""
        if self.refused():
            return

        async def ask() -> None:
            if await cast(Any, self.app).ask(Confirm(question, text)):
                act()

        self.run_worker(ask, group="ask", exclusive=True)

    def chosen(self, title: str, operations: Mapping[str, tuple[str, str]], act: Callable[[str], None]) -> None:
        """`act` with one of the operations, once the user has chosen it by its name or what it does."""
        if self.refused():
            return

        async def ask() -> None:
            choices = [Choice(name, name, text) for name, (_, text) in operations.items()]
            if (name := await cast(Any, self.app).ask(Choose(title, choices))) is not None:
                act(name)

        self.run_worker(ask, group="ask", exclusive=True)
