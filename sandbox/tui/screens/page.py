"""What every page of the user interface is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.containers import Vertical
from textual.widget import Widget

from sandbox.control.client import ControlClient
from sandbox.errors import SandboxError
from sandbox.tui.feed import Feed
from sandbox.tui.state import Snapshot

if TYPE_CHECKING:
    from sandbox.tui.app import SandboxApp

__all__ = ["Page"]

T = TypeVar("T")


class Page(Vertical):
    """A page draws `show(now)`, at most ten times a second while it is open and something has changed, and reads what
    more it needs with `self.feed.ask` in a worker (`self.run_worker(…, exclusive=True, group=…)`). It changes things
    with `self.do`. Its `BINDINGS` with a description stand in the footer, in `?` and in the palette by themselves."""

    DEFAULT_CSS = "Page { height: 1fr; }"
    FILTER_HINT: ClassVar[str] = ""
    """What can be written after `/`; a page without it has no filter."""

    @property
    def filter_hint(self) -> str:
        """Where the page has several lists, that of the one in sight."""
        return self.FILTER_HINT

    @property
    def filter_scope(self) -> str:
        """Which of its lists a filter is for: each keeps its own."""
        return ""

    def scope_changed(self) -> None:
        """To be called when another list has come into sight."""
        cast("SandboxApp", self.app).show_filter()

    @property
    def feed(self) -> Feed:
        return cast("SandboxApp", self.app).feed

    def show(self, now: Snapshot) -> None:
        """Draw what the feed knows. A new `now.epoch` means a new engine: read again what was read before."""

    def open_at(self, target: str) -> None:
        """Show one thing: a topic, a trace's id, a dead letter. Called when another page links here."""

    def entered(self) -> None:
        """The page has come into sight."""

    def left(self) -> None:
        """The page is out of sight: stop what is read for it alone."""

    def filter(self, text: str) -> None:
        """Narrow what is listed, while it is typed; empty shows all."""

    def go_back(self) -> bool:
        """One step back within the page (`esc`); False when there is none, and the page before is shown."""
        return False

    def first_focus(self) -> Widget | None:
        """Where the cursor is when the page opens: the first widget that takes it, unless said otherwise."""
        return next((each for each in self.query("*") if each.focusable and each.display), None)

    def do(
        self, doing: str, call: Callable[[ControlClient], Awaitable[T]], then: Callable[[T], None] | None = None
    ) -> None:
        """Change something, and tell how it went: `self.do("breaker opened", lambda client: client.…)`. Refused with
        `--read-only`. `then` is given the answer."""
        self.run_worker(partial(self._do, doing, call, then), group="do")

    async def _do(
        self, doing: str, call: Callable[[ControlClient], Awaitable[T]], then: Callable[[T], None] | None
    ) -> None:
        try:
            answer = await self.feed.act(call)
        except SandboxError as error:
            self.app.notify(error.render(), title="not done", severity="error", markup=False)
        else:
            if then is not None:
                then(answer)
            if doing:
                self.app.notify(doing, markup=False)

    def go(self, page: str, target: str | None = None) -> None:
        """Open another page, at one of its things."""
        cast("SandboxApp", self.app).go(page, target)
