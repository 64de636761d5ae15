"""Keys that mean the same everywhere."""

from __future__ import annotations

import asyncio
import gc

from textual import events
from textual.command import CommandList
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.help import Help
from sandbox.tui.screens import PAGES
from sandbox.tui.widgets.filter_bar import FilterBar
from tests.tui.fake_feed import FakeFeed

SIZE = (120, 40)


def footer_keys() -> int:
    """Those that something still holds."""
    gc.collect()
    return sum(isinstance(each, FooterKey) for each in gc.get_objects())


async def test_a_number_opens_its_page() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        for number, entry in enumerate(PAGES, 1):
            await pilot.press(str(number))
            await pilot.pause()
            assert app.page is not None and app.page.id == f"page-{entry.name}"


async def test_escape_goes_back_to_the_page_before() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2", "3", "escape")
        assert app.page.id == "page-topics"
        await pilot.press("escape")
        assert app.page.id == "page-overview"


async def test_a_click_on_a_tab_opens_its_page() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click("TabLine", offset=(18, 0))
        await pilot.pause()
        assert app.page.id == "page-topics"


async def test_slash_narrows_while_it_is_typed_and_escape_shows_all_again() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        table = app.query_one("#topics")
        before = len(table.rows)
        await pilot.press("slash", *"dlq")
        assert [topic.name for topic in table.rows] == ["perception.events.dlq", "rim.fast-path.dlq"]
        await pilot.press("enter")
        assert app.focused is table and len(table.rows) == 2
        await pilot.press("escape")
        assert len(table.rows) == before
        assert not app.query_one(FilterBar).display


async def test_keys_are_text_while_a_filter_is_typed() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", "q", "2")
        assert app.page.id == "page-overview"
        assert app.query_one("#filter-text", Input).value == "q2"


async def test_question_mark_shows_the_keys_and_escape_closes_them() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        await pilot.press("escape")
        assert not isinstance(app.screen, Help)


async def test_ctrl_t_changes_between_dark_and_light() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+t")
        assert app.theme == "sandbox-light"
        await pilot.press("ctrl+t")
        assert app.theme == "sandbox-dark"


async def test_ctrl_p_finds_every_page_by_name() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p", *"Go to Logs")
        async with asyncio.timeout(20):  # the palette searches in its own time
            while app.page.id != "page-logs":
                await pilot.pause(0.1)
                found = app.screen.query(CommandList)
                if found and found.first().option_count:
                    await pilot.press("enter")


async def test_q_leaves_without_a_word_to_the_sandbox() -> None:
    feed = FakeFeed()
    app = SandboxApp(feed)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("q")
    assert not app.is_running and feed.acts == 0


async def test_what_is_typed_right_behind_the_slash_belongs_to_the_filter() -> None:
    app = SandboxApp(FakeFeed(), page="topics")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for key, letter in (("slash", "/"), *((each, each) for each in "fast"), ("slash", "/")):
            app.post_message(events.Key(key, letter))
        await pilot.pause(0.1)
        assert app.query_one("#filter-text", Input).value == "fast/"


async def test_keys_that_are_no_longer_shown_are_forgotten() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        shown, before = len(app.query(FooterKey)), footer_keys()
        for _ in range(5):
            await pilot.press("question_mark")
            await pilot.pause()
            await pilot.press("escape")
            await pilot.pause()
        await pilot.pause()
        assert shown > 0
        assert footer_keys() < before + shown


async def test_what_waits_for_the_first_page_is_told_when_it_stands_there() -> None:
    seen: list[str | None] = []
    app = SandboxApp(FakeFeed(), page="topics", drawn=lambda: seen.append(app.page and app.page.id))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert seen == ["page-topics"]
