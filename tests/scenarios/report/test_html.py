"""The page that goes into a ticket: whole in itself, safe, and drawn as the golden file has it.

After a wanted change: `UPDATE_GOLDEN=1 pytest tests/scenarios/report/test_html.py`, then look at it in a browser.
"""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sandbox.events.facts import Fact
from sandbox.scenarios.report.html import HtmlReport
from sandbox.scenarios.report.run_log import RunLog, Told

GOLDEN = Path(__file__).parent / "golden" / "outage.html"


class Page(HTMLParser):
    """Tags, attributes and texts as a browser takes them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def told(story: list[Fact]) -> Told:
    log = RunLog("scenarios/outage.yaml")
    for fact in story:
        log.on_fact(fact)
    return Told((log,), {"name": "demo", "kafka": "4.4.0"})


def test_the_page_is_as_it_was_looked_at(told: Told) -> None:
    text = HtmlReport().render(told)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_nothing_is_fetched_and_nothing_is_run(told: Told) -> None:
    text = HtmlReport().render(told)
    page = Page(text)
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in page.tags}
    links = {value for _, attributes in page.tags for name, value in attributes.items() if name in ("href", "src")}
    assert all(link and link.startswith("#") for link in links)
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?:", text)
    policy = [each.get("content") for tag, each in page.tags if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_hostile_text_stays_text_wherever_it_comes_from(told: Told) -> None:
    text = HtmlReport().render(told)
    assert "<script" not in text and text.count("&lt;script&gt;") >= 5
    assert "<script>alert('x')</script>" in "".join(Page(text).texts)


def test_every_link_leads_somewhere(told: Told) -> None:
    page = Page(HtmlReport().render(told))
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {(attributes.get("href") or "")[1:] for tag, attributes in page.tags if tag == "a"} <= ids
    assert {"run-1-1", "run-1-3"} <= ids


def test_several_runs_begin_with_an_overview(told: Told) -> None:
    page = Page(HtmlReport().render(Told(told.runs * 2)))
    assert "2 scenarios" in "".join(page.texts) and [tag for tag, _ in page.tags].count("svg") == 2
