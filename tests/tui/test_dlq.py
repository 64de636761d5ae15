"""The page of dead letters, key by key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.widgets import Input, Select, TextArea

from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.confirm import Confirm
from sandbox.tui.dialogs.edit_record import EditedText, EditRecord
from sandbox.tui.dialogs.rehearse import Rehearse
from sandbox.tui.letters import Letter, fitting, groups_of, selected
from sandbox.tui.state import Link, Snapshot
from tests.tui.canned import CannedClient
from tests.tui.canned_letters import NO_FRAME, ROWS
from tests.tui.fake_feed import FakeFeed

POISON = ("perception.events", "DESERIALIZATION", "FramingError")


@asynccontextmanager
async def opened(
    client: CannedClient, *, size: tuple[int, int] = (120, 40), read_only: bool = False
) -> AsyncIterator[tuple[SandboxApp, Any]]:
    app = SandboxApp(FakeFeed(client=client, read_only=read_only), page="dlq")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.query_one("#letters").rows or not client.rows)
        yield app, pilot


async def until(pilot: Any, holds: Any) -> None:
    for _ in range(200):
        await pilot.pause()
        if holds():
            return
    raise AssertionError("it did not come to that")


def said(app: SandboxApp) -> str:
    return str(app.query_one("#said").content)


def test_letters_fall_into_topics_categories_and_errors() -> None:
    letters = [Letter.of(row["originalTopic"], row) for row in ROWS]
    groups = groups_of(letters)
    assert [(group.title, group.pending, group.total) for group in groups[:4]] == [
        ("all topics", 17, 20), ("perception.events", 17, 18), ("DESERIALIZATION", 12, 12), ("FramingError", 12, 12),
    ]  # fmt: skip
    assert len(selected(letters, POISON)) == 12
    assert {each.status for each in fitting(letters, "", only_open=True)} == {"PENDING", "DEAD"}
    assert [each.status for each in fitting(letters, "7.2 VALIDATION", only_open=False)] == ["SKIPPED"]


async def test_the_record_is_shown_beside_what_went_wrong() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await until(pilot, lambda: "capsule" in str(app.query_one("#failure-text").content))
        original = str(app.query_one("#original-text").content)
        assert "perception.events-0@812" in original and NO_FRAME in original and "ff 00 20" in original
        assert "FramingError" in str(app.query_one("#failure-text").content)


async def test_the_cursor_on_a_group_narrows_the_letters() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("down", "down", "down")
        assert len(app.query_one("#letters").rows) == 12
        await pilot.press("end")
        assert [letter.status for letter in app.query_one("#letters").rows] == ["SKIPPED"]


async def test_in_a_narrow_window_enter_and_escape_are_steps() -> None:
    async with opened(CannedClient(), size=(80, 24)) as (app, pilot):
        seen = [name for name in ("groups", "letters", "detail") if app.query_one(f"#{name}").region.width]
        assert seen == ["groups"]
        await pilot.press("enter")
        assert app.query_one("#letters").region.width and not app.query_one("#groups").region.width
        await pilot.press("enter")
        assert app.query_one("#original").region.width and not app.query_one("#letters").region.width
        await pilot.press("escape", "escape")
        assert app.focused.id == "groups"


async def test_r_says_what_a_replay_comes_to_then_sends_and_tells_what_became_of_it() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        await pilot.press("down", "down", "down", "enter", "space", "space", "r")
        await until(pilot, lambda: isinstance(app.screen, Rehearse))
        told = str(app.screen.query_one("#dry-run").content)
        assert "2 records → perception.events" in told and f"2 will fail again: {NO_FRAME}" in told
        app.screen.query_one("#rate", Input).value = "5"
        await pilot.press("enter")
        await until(pilot, lambda: "2 handled" in said(app))
        assert client.done == [("replay", "perception.events", 2, 5.0, None)]
        assert "2 records sent" in said(app) and not app.query_one("#letters").marks


async def test_nothing_is_sent_when_the_dry_run_is_left() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        await pilot.press("enter", "r")
        await until(pilot, lambda: isinstance(app.screen, Rehearse))
        await pilot.press("escape")
        assert client.done == []


async def test_a_rate_that_is_none_is_refused() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        await pilot.press("enter", "r")
        await until(pilot, lambda: isinstance(app.screen, Rehearse))
        await pilot.press(*"fast", "enter")
        assert isinstance(app.screen, Rehearse) and client.done == []
        assert "such as 5" in str(app.screen.query_one(".form-error").content)


async def test_capital_r_replays_what_the_filter_left() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        await pilot.press("slash", *"plato pending", "enter", "R")
        await until(pilot, lambda: isinstance(app.screen, Rehearse))
        await pilot.press("enter")
        await until(pilot, lambda: client.done)
        assert client.done == [("replay", "perception.events", 5, None, None)]


async def test_e_sends_a_record_corrected_and_only_what_fits() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        await pilot.press("enter", "end", "up", "up", "up")
        await until(pilot, lambda: "confidence" in str(app.query_one("#original-text").content))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, EditRecord))
        area = app.screen.query_one("#value", TextArea)
        assert app.screen.query_one("#form", Select).value == "json" and '"kind": "PRICE_MOVE"' in area.text
        area.text = '{"confidence": "wrong"}'
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "must be a double" in str(app.screen.query_one(".form-error").content))
        area.text = '{"confidence": 0.5}'
        await pilot.press("ctrl+s")
        await until(pilot, lambda: client.done)
        what, topic, _, changes = client.done[0]
        assert (what, topic, changes) == ("edit", "perception.events.dlq", {"value": {"confidence": 0.5}})


async def test_bytes_that_are_no_json_are_corrected_in_hex_or_from_an_example() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await until(pilot, lambda: "capsule" in str(app.query_one("#failure-text").content))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, EditRecord))
        form, area = app.screen.query_one("#form", Select), app.screen.query_one("#value", TextArea)
        assert form.value == "hex" and area.text.startswith("ff 00 20")
        form.value = "json"
        await until(pilot, lambda: '"event_id"' in area.text)


def test_what_differs_is_what_is_sent() -> None:
    before = EditedText("k", "ff 00", "hex", (("a", "b"),))
    assert EditedText("k", "ff 00", "hex", (("a", "b"),)).changes_from(before) == {}
    assert EditedText("", "ff 01", "hex", ()).changes_from(before) == {
        "key": None,
        "valueBase64": "/wE=",
        "headers": [],
    }
    with pytest.raises(ValueError, match="JSON object"):
        EditedText("k", "[1]", "json", (("a", "b"),)).changes_from(before)
    with pytest.raises(ValueError, match="bytes in hex"):
        EditedText("k", "xyz", "hex", (("a", "b"),)).changes_from(before)


async def test_p_asks_and_gives_up() -> None:
    client = CannedClient()
    async with opened(client) as (app, pilot):
        await pilot.press("enter", "space", "p")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")
        assert client.done == []
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "1 letter given up" in said(app))
        assert client.done == [("purge", "perception.events", 1)]


async def test_a_marks_all_and_o_hides_what_is_settled() -> None:
    async with opened(CannedClient()) as (app, pilot):
        table = app.query_one("#letters")
        await pilot.press("a")
        assert len(table.marks) == 20
        await pilot.press("o")
        assert len(table.rows) == len(table.marks) == 18
        await pilot.press("a")
        assert not table.marks
        await pilot.press("o")
        assert len(table.rows) == 20


async def test_t_opens_the_trace_of_the_record() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await until(pilot, lambda: "capsule" in str(app.query_one("#failure-text").content))
        await pilot.press("t")
        await until(pilot, lambda: app.page.id == "page-trace")


async def test_c_copies_the_original() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await until(pilot, lambda: "capsule" in str(app.query_one("#failure-text").content))
        await pilot.press("c")
        assert app.clipboard.startswith("ff 00 20")


async def test_s_says_when_no_replay_is_going_on() -> None:
    async with opened(CannedClient()) as (app, pilot):
        await pilot.press("s")
        assert "no replay" in said(app)


@pytest.mark.parametrize(("target", "status"), [("rim.fast-path.dlq", "SKIPPED"), (ROWS[19]["id"][:8], "DEAD")])
async def test_other_pages_link_to_a_topic_or_a_letter(target: str, status: str) -> None:
    async with opened(CannedClient()) as (app, pilot):
        app.go("dlq", target)
        await until(pilot, lambda: app.query_one("#letters").cursor_row.topic == "rim.fast-path")
        assert app.query_one("#letters").cursor_row.status == status


async def test_read_only_sends_gives_up_and_corrects_nothing() -> None:
    client = CannedClient()
    async with opened(client, read_only=True) as (app, pilot):
        for key in ("r", "R", "e", "p"):
            await pilot.press("enter", key)
            await pilot.pause(0.1)
            assert "read-only" in said(app), key
            assert len(app.screen_stack) == 1
        assert client.done == []


async def test_what_comes_while_the_page_is_open_is_shown() -> None:
    client = CannedClient()
    client.rows = []
    async with opened(client) as (app, pilot):
        await until(pilot, lambda: not app.query_one("#groups").rows)
        client.rows = [dict(ROWS[0])]
        app.feed.put(Snapshot(link=Link("live"), epoch="e2"))
        await until(pilot, lambda: app.query_one("#letters").rows)


async def test_before_anything_is_known_the_page_says_what_it_waits_for() -> None:
    app = SandboxApp(FakeFeed(Snapshot(link=Link("connecting", "no sandbox answers")), client=None), page="dlq")
    app.feed.ask = refused  # type: ignore[method-assign]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.1)
        assert "sandbox up" in app.query_one("#groups")._empty


async def refused(_: Any) -> Any:
    from sandbox.errors import NotRunning

    raise NotRunning("no sandbox answers")
