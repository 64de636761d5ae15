"""Stands where a page is still to come."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from sandbox.tui.screens.page import Page

__all__ = ["SoonPage"]


class SoonPage(Page):
    def compose(self) -> ComposeResult:
        yield Static("not built yet")
