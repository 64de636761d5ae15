"""The page of logs, key by key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.choose import Choose
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.log_lines import LINES_KEPT, LogShelf
from tests.tui.canned import CannedClient
from tests.tui.canned_logs import LINES, line
from tests.tui.fake_feed import FakeFeed
from tests.tui.test_dlq import until


@asynccontextmanager
async def opened(client: CannedClient) -> AsyncIterator[tuple[SandboxApp, Any]]:
    app = SandboxApp(FakeFeed(client=client, read_only=True), page="logs")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.query_one("#lines").rows or not client.logged or client.is_away)
        yield app, pilot


def table(app: SandboxApp) -> Any:
    return app.query_one("#lines")


async def come(app: SandboxApp, pilot: Any, client: CannedClient, *lines: Any) -> None:
    """Lines are written, and have been read."""
    client.coming = lines
    for _ in range(100):
        await pilot.pause(0.05)
        if not client.coming:
            await pilot.pause()
            return
    raise AssertionError("nobody reads on")


def test_a_shelf_keeps_the_newest_lines_only() -> None:
    shelf = LogShelf()
    shelf.add(line(number, "kafka", "INFO", f"line {number}") for number in range(LINES_KEPT + 10))
    rows = shelf.rows(level="DEBUG", component=None, text="", wrap=None)
    assert (len(rows), rows[0].text, rows[-1].number) == (LINES_KEPT, "line 10", LINES_KEPT + 10)


def test_a_long_line_is_broken_into_parts_of_one_number() -> None:
    shelf = LogShelf()
    shelf.add([line(1, "kafka", "INFO", "one two three four")])
    rows = shelf.rows(level="DEBUG", component=None, text="", wrap=9)
    assert [(row.number, row.part, row.text) for row in rows] == [(1, 0, "one two"), (1, 1, "three"), (1, 2, "four")]


async def test_new_lines_are_followed_while_the_cursor_is_on_the_last() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        assert table(app).cursor_row.line == LINES[-1]
        await come(app, pilot, client, line(50, "plato", "INFO", "newest"))
        assert table(app).cursor_row.text == "newest"
        await pilot.press("up", "up")
        before = table(app).cursor_row
        await come(app, pilot, client, line(51, "plato", "INFO", "newer"))
        assert table(app).cursor_row == before and "l to the newest" in table(app).border_subtitle
        await pilot.press("l")
        assert table(app).cursor_row.text == "newer"


async def test_p_pauses_and_goes_on_with_what_came() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        count = len(table(app).rows)
        await pilot.press("p")
        await come(app, pilot, client, line(50, "plato", "INFO", "newest"))
        assert len(table(app).rows) == count and "paused · 1 new" in table(app).border_subtitle
        await pilot.press("p")
        assert len(table(app).rows) == count + 1


async def test_v_shows_a_level_and_those_above() -> None:
    async with opened(CannedClient()) as (app, pilot):
        seen = []
        for _ in range(4):
            await pilot.press("v")
            seen.append({row.line.level for row in table(app).rows})
        assert seen == [{"INFO", "WARN", "ERROR"}, {"WARN", "ERROR"}, {"ERROR"}, {"DEBUG", "INFO", "WARN", "ERROR"}]


async def test_m_shows_one_component_or_all() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press(*"kafka", "enter")
        await until(pilot, lambda: {row.line.component for row in table(app).rows} == {"kafka"})


async def test_slash_narrows_by_message_and_id() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("slash", *"corr-7f3c dlq", "enter")
        (row,) = table(app).rows
        assert row.line.level == "ERROR"
        await pilot.press("escape")
        assert len(table(app).rows) == len(LINES)


async def test_t_opens_the_trace_of_a_line_and_says_when_it_has_none() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("t")
        assert app.page.id == "page-logs"
        await pilot.press("up", "up", "t")
        await until(pilot, lambda: app.page.id == "page-trace" and app.query_one("#hops").rows)


async def test_another_page_links_to_what_was_logged_under_an_id() -> None:
    async with opened(CannedClient()) as (app, pilot):
        app.go("logs", "corr-7f3c")
        await until(pilot, lambda: len(table(app).rows) == 2)
        assert "under corr-7f3c" in table(app).border_title
        await pilot.press("escape")
        await until(pilot, lambda: len(table(app).rows) == len(LINES))


async def test_enter_tells_a_line_in_full() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("up", "up", "enter")
        await until(pilot, lambda: isinstance(app.screen, Tell))
        text = " ".join(str(each.content) for each in app.screen.query("Static"))
        assert "UpstreamUnavailable: PLATO answers 503" in text and "corr-7f3c" in text


async def test_w_breaks_long_lines_and_capital_t_hides_the_times() -> None:
    async with opened(CannedClient()) as (app, pilot):
        count = len(table(app).rows)
        await pilot.press("w")
        assert len(table(app).rows) > count
        await pilot.press("w", "T")
        assert len(table(app).rows) == count and table(app).columns[0].title == "level"
        await pilot.press("T")
        assert table(app).columns[0].title == "time"


async def test_c_copies_the_line() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("c")
        assert app.clipboard == "java.io.IOException: No space left on device"


async def test_an_empty_log_and_an_absent_sandbox_say_so() -> None:
    client = CannedClient()
    client.logged = ()
    async with opened(client) as (app, pilot):
        await until(pilot, lambda: "nothing logged yet" in table(app)._empty)
    client.is_away = True
    async with opened(client) as (app, pilot):
        await until(pilot, lambda: "sandbox up" in table(app)._empty)
