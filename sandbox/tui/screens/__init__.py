"""The pages, in the order of their numbers: a page is one file here and one line in `PAGES`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

__all__ = ["PAGES", "PageEntry"]


@dataclass(frozen=True, slots=True)
class PageEntry:
    """`name` is what other pages open it by; its class is `{place}`, imported when it is first opened."""

    name: str
    title: str
    place: str
    text: str

    def load(self) -> type:
        module, _, kind = self.place.partition(":")
        return getattr(import_module(f"sandbox.tui.screens.{module}"), kind)


PAGES = (
    PageEntry("overview", "Overview", "overview:OverviewPage", "is it up, what flows, what is broken"),
    PageEntry("topics", "Topics", "topics:TopicsPage", "records as they come, and records of your own"),
    PageEntry("dlq", "DLQ", "dlq:DlqPage", "dead letters: what failed and why, sent again"),
    PageEntry("scenarios", "Scenarios", "scenarios:ScenariosPage", "stories with assertions, step by step"),
    PageEntry("trace", "Trace", "trace:TracePage", "what happened under one id, as a waterfall"),
    PageEntry("faults", "Faults", "faults:FaultsPage", "faults, breakers, limits, components"),
    PageEntry("logs", "Logs", "logs:LogsPage", "what the components write"),
)
