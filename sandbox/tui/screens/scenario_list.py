"""The library: every scenario that can be run by its name, and what the one under the cursor tells."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.control.scenario_models import LibraryScenario, ScenarioDocument
from sandbox.errors import SandboxError
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.screens.page import Page
from sandbox.tui.screens.scenario_words import about_lines, explained_lines
from sandbox.tui.state import Snapshot
from sandbox.tui.widgets.table import Column, Table

__all__ = ["ScenarioList"]

NARROW = 118
TOLD_WIDTH = 92


class ScenarioList(Horizontal):
    DEFAULT_CSS = """
    ScenarioList #scenario-table {
        border: round $border; padding: 0 1; border-title-color: $dim; border-subtitle-color: $dim;
        &:focus { border: round $info; border-title-color: $info; }
    }
    ScenarioList #explained {
        border: round $border; padding: 0 1; width: 1fr; border-title-color: $dim; scrollbar-size-vertical: 1;
        &:focus { border: round $info; border-title-color: $info; }
    }
    ScenarioList.-narrow #explained { display: none; }
    """

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self._filter = ""
        self._found: tuple[LibraryScenario, ...] | None = None
        self._trouble = ""
        self._documents: dict[str, ScenarioDocument] = {}
        self._epoch: str | None = None

    def compose(self) -> ComposeResult:
        yield Table[LibraryScenario](_columns(), key=lambda each: each.name, id="scenario-table")
        with VerticalScroll(id="explained"):
            yield Static("")

    def on_mount(self) -> None:
        self.table.border_title = "Scenarios"
        self._draw()

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "-narrow")
        self._explain()

    @property
    def page(self) -> Page:
        return next(each for each in self.ancestors if isinstance(each, Page))

    @property
    def table(self) -> Table[LibraryScenario]:
        return self.query_one("#scenario-table", Table)

    @property
    def chosen(self) -> LibraryScenario | None:
        return self.table.cursor_row

    def show(self, now: Snapshot) -> None:
        if now.is_live and (self._epoch != now.epoch or self._found is None):
            self._epoch = now.epoch
            self.load()
        self._draw()

    def load(self) -> None:
        """Read the library again: files may have changed."""
        self.run_worker(self._load, group="library", exclusive=True)

    async def _load(self) -> None:
        try:
            self._found = tuple(await self.page.feed.ask(lambda client: client.scenario_library()))
            self._documents.clear()
            self._trouble = ""
        except SandboxError as error:
            self._trouble = error.message
        self._draw()
        self._explain()

    def filter(self, text: str) -> None:
        self._filter = text.lower()
        self._draw()
        self._explain()

    def _draw(self) -> None:
        words = self._filter.split()
        self.table.set_empty(self._nothing())
        self.table.set_rows([each for each in self._found or () if all(_has(each, word) for word in words)])
        tags = sorted({tag for each in self._found or () for tag in each.tags})
        self.table.border_subtitle = f"{len(self.table.rows)} of {len(self._found or ())}, {len(tags)} tags"

    def _nothing(self) -> str:
        if self._found is None:
            return self._trouble or "waiting for the sandbox"
        if self._filter:
            return f"no scenario with {self._filter!r} in it\n\nesc shows all"
        return "no scenarios here\n\nput one into the project's folder scenarios/"

    # The one under the cursor

    def on_table_highlighted(self) -> None:
        self._explain()

    def _explain(self) -> None:
        if not self.has_class("-narrow"):
            self.run_worker(self._read, group="explain", exclusive=True)

    async def _read(self) -> None:
        found = self.chosen
        panel = self.query_one("#explained", VerticalScroll)
        panel.border_title = found.name if found else ""
        text = Content("")
        if found is not None:
            text = Content("\n").join(await self._lines(found, max(30, panel.scrollable_content_region.width - 1)))
        panel.query_one(Static).update(text)
        panel.scroll_home(animate=False)

    async def _lines(self, found: LibraryScenario, width: int) -> Sequence[Content]:
        lines = about_lines(found, width)
        if found.trouble:
            return lines
        try:
            return [*lines, *explained_lines((await self.document(found.name)).explained, width)]
        except SandboxError as error:
            return [*lines, Content(""), Content.styled(error.render(), "$bad")]

    async def document(self, name: str) -> ScenarioDocument:
        """What can be run. Raises what the client raises."""
        if name not in self._documents:
            self._documents[name] = await self.page.feed.ask(lambda client: client.library_scenario(name))
        return self._documents[name]

    def explain(self) -> None:
        """All about it, in front of everything."""
        self.run_worker(self._tell, group="ask", exclusive=True)

    async def _tell(self) -> None:
        if (found := self.chosen) is not None:
            lines = await self._lines(found, min(TOLD_WIDTH, self.app.size.width - 10))
            self.app.push_screen(Tell(found.name, Content("\n").join(lines)))


def _has(each: LibraryScenario, word: str) -> bool:
    """`#tag` is a whole tag, anything else a part of a word."""
    if word.startswith("#"):
        return word[1:] in each.tags
    return word in f"{each.name} {each.title} {each.purpose or ''} {' '.join(each.tags)}".lower()


def _columns() -> list[Column[LibraryScenario]]:
    return [
        Column("", _sign, 1),
        Column("name", lambda each, _: Content.styled(each.name, "bold"), 22),
        Column("what it tells", lambda each, _: each.title, 30, grow=3),
        Column("tags", lambda each, _: Content.styled(" ".join(each.tags), "$dim"), 18, grow=1, drop=1),
    ]


def _sign(each: LibraryScenario, _: int) -> Content:
    if each.trouble:
        return Content.styled("✗", "$bad")
    return Content.styled("·" if each.ships else "●", "$faint" if each.ships else "$info")
