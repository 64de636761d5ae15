"""A page that stands on its own, fit to attach to a ticket: no script, nothing fetched, everything escaped."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from sandbox.contracts.instants import format_instant
from sandbox.observe.deed import format_took
from sandbox.scenarios.report.printable import printable
from sandbox.scenarios.report.run_log import Told, place_of
from sandbox.scenarios.report.timeline import LEFT, WIDTH, Timeline
from sandbox.scenarios.result import Failure

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["HtmlReport"]

SIGNS = {"passed": "✓", "failed": "✗", "skipped": "–", "interrupted": "–", "unknown": "?"}


class HtmlReport:
    """Light and dark, in print too. States differ in sign, letter and place besides their colour."""

    suffix = ".html"

    def render(self, told: Told) -> str:
        timelines = [Timeline(run) if run.started is not None else None for run in told.runs]
        return _page().render(told=told, runs=list(zip(told.runs, timelines, strict=True)))


@cache
def _page() -> Template:
    """jinja2 is loaded here only, for whoever wants this format."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = resources.files("sandbox.scenarios.report") / "page"
    texts = {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir() if each.is_file()}
    environment = Environment(
        loader=DictLoader(texts),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"LEFT": LEFT, "WIDTH": WIDTH, "SIGNS": SIGNS}
    environment.filters |= {"took": format_took, "instant": format_instant, "failure": _failure_rows, "place": place_of}
    return environment.get_template("report.html")


def _shown(value: Any) -> Any:
    """A text of the page itself (`Markup`) is as it is."""
    return printable(value) if type(value) is str else value


def _failure_rows(failure: dict[str, Any] | None) -> list[tuple[str, str]]:
    """(label, text) of each row; a row without a label goes on with the one above."""
    if not failure:
        return []
    found = Failure.from_json(failure)
    rows = [("expected", found.expected), ("actual", found.actual), *found.evidence, ("hint", found.hint or "")]
    return [(label, text) for label, text in rows if text]
