"""The page of traces, key by key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.widgets import Input

from sandbox.control.models import FactPage
from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.ask_line import AskLine
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.state import Link, Snapshot
from tests.tui.canned import CannedClient
from tests.tui.canned_traces import STORY
from tests.tui.fake_feed import FakeFeed
from tests.tui.test_dlq import refused, until


@asynccontextmanager
async def opened(
    client: CannedClient, target: str | None = None, *, size: tuple[int, int] = (120, 40), pages: Any = ()
) -> AsyncIterator[tuple[SandboxApp, Any]]:
    app = SandboxApp(FakeFeed(client=client, read_only=True, pages=pages), page="trace")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.query_one("#stories").rows or not client.recent)
        if target is not None:
            app.go("trace", target)
            await until(pilot, lambda: app.query_one("#hops").rows)
        yield app, pilot


async def test_the_last_stories_are_there_to_choose_from() -> None:
    async with opened(CannedClient()) as (app, pilot):
        assert len(app.query_one("#stories").rows) == 19
        await pilot.press("end", "enter")
        await until(pilot, lambda: app.query_one("#hops").rows)
        assert "corr-7f3c" in str(app.query_one("#trace-head").content)
        assert "http-status 503" in str(app.query_one("#trace-head").content)
        await pilot.press("escape")
        assert app.focused.id == "stories"


async def test_i_opens_what_is_pasted() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        app.screen.query_one(Input).value = " perception.events-4@828 "
        await pilot.press("enter")
        await until(pilot, lambda: app.query_one("#hops").rows)
        assert "corr-7f3c" in str(app.query_one("#trace-head").content)


async def test_z_puts_the_bars_to_the_scale_of_one_hop_and_back() -> None:
    async with opened(CannedClient(), "corr-7f3c") as (app, pilot):
        await pilot.press("z")
        assert "zoom" in app.query_one("#hops").border_subtitle
        await pilot.press("escape")
        assert app.query_one("#hops").border_subtitle == "" and app.query_one("#hops").rows
        await pilot.press("z", "z")
        assert app.query_one("#hops").border_subtitle == ""


async def test_w_goes_from_wrong_to_wrong() -> None:
    async with opened(CannedClient(), "corr-7f3c") as (app, pilot):
        table = app.query_one("#hops")
        seen = []
        for _ in range(11):
            await pilot.press("w")
            assert table.cursor_row.is_bad
            seen.append(table.cursor_row.key)
        assert len(set(seen)) == 10 and seen[0] == seen[10]


async def test_enter_on_a_dead_letter_opens_it() -> None:
    async with opened(CannedClient(), "corr-7f3c") as (app, pilot):
        table = app.query_one("#hops")
        table.select(next(hop.key for hop in table.rows if hop.fact.kind == "DlqRecordWritten"))
        await pilot.press("enter")
        await until(pilot, lambda: app.page.id == "page-dlq")
        await until(pilot, lambda: app.query_one("#letters").cursor_row is not None)
        assert app.query_one("#letters").cursor_row.id.startswith("0010c8e8")


async def test_enter_on_a_record_shows_its_value_or_why_there_is_none() -> None:
    async with opened(CannedClient(), "corr-7f3c") as (app, pilot):
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Tell))
        text = str(app.screen.query("Static").first().content)
        assert "wrote perception.events-4@828" in text and "not kept any more" in text


async def test_the_hop_under_the_cursor_is_told_in_full() -> None:
    async with opened(CannedClient(), "corr-7f3c") as (app, pilot):
        await pilot.press("w", "w")
        text = str(app.query_one("#hop-text").content)
        assert "http://127.0.0.1:8080/api/v1/plans" in text and "was in force on plato (f1)" in text


async def test_slash_narrows_to_what_went_wrong() -> None:
    async with opened(CannedClient(), "corr-7f3c") as (app, pilot):
        await pilot.press("slash", *"wrong plato", "enter")
        assert {hop.is_bad for hop in app.query_one("#hops").rows} == {True}


async def test_a_story_grows_while_it_is_looked_at() -> None:
    client = CannedClient()
    client.story = STORY[:3]
    grown = FactPage(journal="e1", next=5, gap=0, first=1, last=5, facts=[{"seq": 5, **STORY[3]}])
    async with opened(client, "corr-7f3c", pages=(grown,)) as (app, pilot):
        before = len(app.query_one("#hops").rows)
        client.story = STORY
        for _ in range(40):
            await pilot.pause(0.05)
            if len(app.query_one("#hops").rows) > before:
                break
        assert len(app.query_one("#hops").rows) == 14


async def test_an_unknown_id_says_so_and_what_helps() -> None:
    async with opened(CannedClient()) as (app, pilot):
        app.go("trace", "nobody")
        await until(pilot, lambda: "nothing is known under 'nobody'" in app.query_one("#hops")._empty)
        assert "i opens another id" in app.query_one("#hops")._empty


async def test_l_and_c_take_the_id_along() -> None:
    async with opened(CannedClient(), "corr-7f3c") as (app, pilot):
        await pilot.press("c")
        assert app.clipboard == "corr-7f3c"
        await pilot.press("R", "l")
        await until(pilot, lambda: app.page.id == "page-logs")


async def test_without_a_sandbox_the_page_says_what_it_waits_for() -> None:
    app = SandboxApp(FakeFeed(Snapshot(link=Link("connecting", "no sandbox answers"))), page="trace")
    app.feed.ask = refused  # type: ignore[method-assign]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.1)
        assert "sandbox up" in app.query_one("#stories")._empty


async def test_a_quiet_sandbox_says_what_makes_a_story() -> None:
    client = CannedClient()
    client.recent = ()
    async with opened(client) as (app, pilot):
        await until(pilot, lambda: "2 Topics" in app.query_one("#stories")._empty)
