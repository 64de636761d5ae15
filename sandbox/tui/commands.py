"""The command palette: every page and every action, under the name that the footer and the help give it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from sandbox.tui.dialogs.help import key_text
from sandbox.tui.screens import PAGES

if TYPE_CHECKING:
    from sandbox.tui.app import SandboxApp

__all__ = ["Commands"]


class Commands(Provider):
    async def discover(self) -> Hits:
        for name, call, text in self._all():
            yield DiscoveryHit(name, call, help=text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, call, text in self._all():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), call, help=text)

    def _all(self) -> Iterator[tuple[str, Any, str]]:
        """Name, what it does, and a line about it."""
        app = cast("SandboxApp", self.app)
        page = app.page
        if page is not None:
            for binding in app.page_bindings():
                text = f"key {key_text(binding.key)}" if binding.key else ""
                yield _first_upper(binding.tooltip or binding.description), _runs(app, page, binding.action), text
        for number, entry in enumerate(PAGES, 1):
            yield f"Go to {entry.title}", lambda name=entry.name: app.go(name), f"key {number} · {entry.text}"
        yield "Filter this page", app.action_filter, "key /"
        yield "Light or dark theme", app.action_theme, "key ctrl+t"
        yield "Keys", app.action_help, "key ?"
        yield "Save a picture of the screen (SVG)", app.action_screenshot, ""
        yield "Quit; the sandbox runs on", app.action_quit, "key q"


def _runs(app: Any, page: Any, action: str) -> Any:
    async def run() -> None:
        await app.run_action(action, page)

    return run


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
