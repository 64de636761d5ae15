"""A line that is there only while the engine is not: what is shown is old then, or not there yet."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from sandbox.tui.signs import sign_of
from sandbox.tui.state import Snapshot

__all__ = ["LinkBar"]


class LinkBar(Static):
    DEFAULT_CSS = """
    LinkBar { dock: top; margin-top: 2; height: 1; padding: 0 1; background: $panel; display: none; text-wrap: nowrap; }
    LinkBar { text-overflow: ellipsis; }
    LinkBar.-away { display: block; }
    """

    def show(self, now: Snapshot) -> None:
        self.set_class(not now.is_live, "-away")
        if not now.is_live:
            self.update(link_line(now), layout=False)


def link_line(now: Snapshot) -> Content:
    sign = sign_of(now.link.state)
    old = "; below stands what was seen last" if now.epoch else "; it starts with `sandbox up`"
    return Content.assemble((f"{sign.mark} {sign.word}", sign.tone), (f"  {now.link.detail}{old}", "$dim"))
