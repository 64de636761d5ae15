"""The application: header, tabs, one page at a time, footer. Everything else is in pages, widgets and dialogs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input, TextArea

from sandbox.tui.commands import Commands
from sandbox.tui.dialogs.help import Help
from sandbox.tui.feed import Feed
from sandbox.tui.screens import PAGES
from sandbox.tui.screens.page import Page
from sandbox.tui.themes import DARK, THEMES
from sandbox.tui.widgets.filter_bar import FilterBar
from sandbox.tui.widgets.header import Header
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.link_bar import LinkBar
from sandbox.tui.widgets.tab_line import TabLine

__all__ = ["SandboxApp"]

REPAINT_S = 0.1


class SandboxApp(App[None]):
    """Shows what `feed` sees. Looks for changes ten times a second and draws only then."""

    TITLE = "BUTTERFLY sandbox"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {Commands}
    CSS = """
    #pages { height: 1fr; padding-top: 0; }
    #pages > * { display: none; }
    #pages > .-shown { display: block; }
    Footer { background: $background; }
    Toast { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"go('{entry.name}')", entry.title, show=False)
            for number, entry in enumerate(PAGES, 1)
        ),
        Binding("question_mark", "help", "help", show=False),
        # With priority, so that the keys right behind it find the line open; see `check_action`.
        Binding("slash", "filter", "filter", show=False, priority=True),
        Binding("escape", "back", "back", show=False),
        Binding("ctrl+t", "theme", "theme", show=False),
        Binding("q", "quit", "quit", show=False),
    ]

    def __init__(
        self, feed: Feed, *, page: str = "overview", light: bool = False, drawn: Callable[[], None] | None = None
    ) -> None:
        """`drawn` is called once the first page stands there."""
        super().__init__()
        self.feed = feed
        self._drawn = drawn
        self.page: Page | None = None
        self._first = page
        self._pages: dict[str, Page] = {}
        self._history: list[str] = []
        self._open = ""
        self._filter_texts: dict[tuple[str, str], str] = {}
        self._seen = -1
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[1].name if light else DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DARK.variables)

    def compose(self) -> ComposeResult:
        yield Header()
        yield TabLine([(entry.name, entry.title) for entry in PAGES])
        yield LinkBar()
        yield Container(id="pages")
        yield FilterBar()
        yield KeyLine(show_command_palette=False, compact=True)

    async def on_mount(self) -> None:
        await self._go(self._first, None)
        self.set_interval(REPAINT_S, self.repaint_if_changed)
        self.run_worker(self.feed.run, name="feed", exit_on_error=True)

    async def on_unmount(self) -> None:
        """The worker that runs the feed is only told to end: its connections are closed before the loop is."""
        await self.feed.close()

    def on_ready(self) -> None:
        if self._drawn is not None:
            self._drawn()

    # Drawing

    def repaint_if_changed(self) -> None:
        if self.feed.version != self._seen:
            self._seen = self.feed.version
            self.query_one(Header).show(self.feed.now)
            self.query_one(LinkBar).show(self.feed.now)
            if self.page is not None:
                self.page.show(self.feed.now)

    def on_resize(self) -> None:
        self._seen = -1

    # Pages

    def go(self, name: str, target: str | None = None) -> None:
        """Open a page, at one of its things."""
        self.run_worker(partial(self._go, name, target), group="go", exclusive=True)

    async def action_go(self, name: str) -> None:
        await self._go(name, None)

    async def _go(self, name: str, target: str | None, *, back: bool = False) -> None:
        if name != self._open:
            if self._open and not back:
                self._history = [*self._history[-20:], self._open]
            await self._show_page(name)
        if target is not None and self.page is not None:
            self.page.open_at(target)

    async def _show_page(self, name: str) -> None:
        page = self._pages.get(name)
        if page is None:
            entry = next(each for each in PAGES if each.name == name)
            page = self._pages[name] = entry.load()(id=f"page-{name}")
            await self.query_one("#pages").mount(page)
        if self.page is not None:
            self.page.remove_class("-shown")
            self.page.left()
        page.add_class("-shown")
        self.page, self._open, self._seen = page, name, -1
        self.query_one(TabLine).show(name)
        self.show_filter()
        page.entered()
        self.repaint_if_changed()
        if (first := page.first_focus()) is not None:
            first.focus()

    def on_tab_line_chosen(self, event: TabLine.Chosen) -> None:
        self.go(event.name)

    # Filter, back, help

    @property
    def _scope(self) -> tuple[str, str]:
        return self._open, self.page.filter_scope if self.page is not None else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash is a letter where text is typed, and dialogs have no filter."""
        return not (action == "filter" and (isinstance(self.focused, Input | TextArea) or len(self.screen_stack) > 1))

    def show_filter(self) -> None:
        """The line stands there while the list in sight is filtered."""
        self.query_one(FilterBar).show(self._filter_texts.get(self._scope, ""))

    def action_filter(self) -> None:
        if self.page is not None and self.page.filter_hint:
            self.query_one(FilterBar).open(self._filter_texts.get(self._scope, ""), self.page.filter_hint)

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        page = self.page
        if page is None:
            return
        self._filter_texts[self._scope] = event.text
        page.filter(event.text)
        if event.done and (first := page.first_focus()) is not None:
            first.focus()

    async def action_back(self) -> None:
        if self._filter_texts.get(self._scope):
            self.query_one(FilterBar).action_clear()
        elif self.page is not None and self.page.go_back():
            return
        elif self._history:
            await self._go(self._history.pop(), None, back=True)

    def page_bindings(self) -> list[Binding]:
        """What the page in sight can do, with what has the focus in it: each action once."""
        if self.page is None:
            return []
        holders: list[Any] = [self.page]
        inner = self.page.screen.focused  # not that of a dialog or the palette above it
        if inner is not None and self.page in inner.ancestors:
            holders += inner.ancestors_with_self[: inner.ancestors_with_self.index(self.page)]
        found: dict[str, Binding] = {}
        for holder in holders:
            for binding in holder._bindings.key_to_bindings.values():
                for each in binding:
                    # What lists and panels can do everywhere is not repeated for each page.
                    if each.description and (each.show or not holder.can_focus):
                        found.setdefault(each.action, each)
        return list(found.values())

    def action_help(self) -> None:
        title = next((entry.title for entry in PAGES if entry.name == self._open), "")
        self.push_screen(Help(title, self.page_bindings()))

    def action_theme(self) -> None:
        self.theme = next(theme.name for theme in THEMES if theme.name != self.theme)

    async def action_quit(self) -> None:
        self.exit()

    async def ask(self, dialog: Any) -> Any:
        """A dialog's answer, None when it was left; to be awaited in a worker."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.push_screen(dialog, lambda given: None if answer.done() else answer.set_result(given))
        return await answer
