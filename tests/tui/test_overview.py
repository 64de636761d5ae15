"""The overview's own keys."""

from __future__ import annotations

from dataclasses import replace

from sandbox.tui.app import SandboxApp
from sandbox.tui.state import TrafficLine
from tests.tui.canned import CannedClient
from tests.tui.fake_feed import QUIET, FakeFeed


async def test_enter_on_a_topic_opens_it() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause(0.1)
        assert app.page.id == "page-topics"


async def test_enter_on_the_dead_letters_opens_their_page() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=(120, 40)) as pilot:
        app.query_one("#letters").focus()
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.page.id == "page-dlq"


async def test_brackets_turn_the_panels_of_a_narrow_window() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.query_one("#topics").display and not app.query_one("#story").display
        await pilot.press("right_square_bracket")
        assert app.query_one("#story").display and not app.query_one("#topics").display
        await pilot.press("left_square_bracket", "left_square_bracket")
        assert app.query_one("#faults").display


async def test_i_shows_kafkas_own_topics_too() -> None:
    app = SandboxApp(FakeFeed())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("i")
        assert "_schemas" in [topic.name for topic in app.query_one("#topics").rows]


async def test_t_starts_ambient_traffic_and_stops_it() -> None:
    client = CannedClient()
    feed = FakeFeed(QUIET, client=client)
    app = SandboxApp(feed)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "starts ambient traffic" in str(app.query_one("#topics").border_subtitle)
        await pilot.press("t")
        await pilot.pause()
        assert client.traffic_running
        feed.put(replace(QUIET, traffic=TrafficLine(running=True, rate=5.0)))
        await pilot.press("t")
        await pilot.pause()
        assert not client.traffic_running


async def test_a_read_only_view_starts_no_traffic() -> None:
    client = CannedClient()
    app = SandboxApp(FakeFeed(QUIET, client=client, read_only=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        assert not client.traffic_running
