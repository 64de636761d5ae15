"""6 Faults and controls: every key of its four lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.widgets import Input, Select, Static

from sandbox.faults.kinds import fault_kinds
from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.choose import Choose
from sandbox.tui.dialogs.confirm import Confirm
from sandbox.tui.dialogs.form import Form
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.screens.fault_form import fault_schema
from sandbox.tui.state import Link, Snapshot
from tests.tui.canned import CannedClient
from tests.tui.canned_controls import TROUBLED
from tests.tui.fake_feed import QUIET, FakeFeed

SIZE = (120, 44)


@pytest.fixture
def client() -> CannedClient:
    return CannedClient()


@asynccontextmanager
async def opened(
    client: CannedClient, now: Snapshot = TROUBLED, *, read_only: bool = False, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[SandboxApp, Any]]:
    app = SandboxApp(FakeFeed(now, client=client, read_only=read_only), page="faults")
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.1)
        yield app, pilot


async def focus(app: SandboxApp, pilot: Any, name: str) -> None:
    app.query_one(f"#{name}").focus()
    await pilot.pause()


async def choose_kind(pilot: Any, kind: str) -> None:
    await pilot.press("a")
    await pilot.pause()
    await pilot.press(*kind, "enter")
    await pilot.pause()


async def test_it_says_what_each_fault_does_how_often_and_whether_it_acts(client: CannedClient) -> None:
    async with opened(client) as (app, _):
        table = app.query_one("#faults")
        drawn = "\n".join(table.render_line(y).text for y in range(5))
        assert "http-status 503" in drawn and "1,204" in drawn
        assert "41s left" in drawn and "until removed" in drawn
        assert "● acting" in drawn and "○ rests" in drawn


async def test_a_chooses_a_kind_then_fills_in_its_form_and_adds_it(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await choose_kind(pilot, "edge-latency")
        assert isinstance(app.screen, Form)
        app.screen.query_one("#field-1", Input).value = "250"
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert client.done == [
            ("add", "edge-latency", "odyssey", {"ms": 250, "jitter": 0, "probability": 1, "seed": 0})
        ]
        assert not isinstance(app.screen, Form)


async def test_what_the_sandbox_refuses_stays_in_the_form_with_the_reason(client: CannedClient) -> None:
    client.refuse_fault = "that one is in force already"
    async with opened(client) as (app, pilot):
        await choose_kind(pilot, "hang")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "in force already" in str(app.screen.query_one(".form-error", Static).content)


async def test_a_form_without_what_is_needed_is_not_sent(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await choose_kind(pilot, "http-status")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "status: is needed" in str(app.screen.query_one(".form-error", Static).content)
        assert client.done == []


@pytest.mark.parametrize("kind", [each["kind"] for each in fault_kinds()])
def test_the_form_of_every_kind_begins_with_what_it_acts_on_and_its_own_parameters(kind: str) -> None:
    from sandbox.control.fault_models import FaultKind

    found = FaultKind.model_validate(next(each for each in fault_kinds() if each["kind"] == kind))
    schema = fault_schema(found)
    names = list(schema["properties"])
    assert names[: 1 + len(found.own)] == ["on", *found.own]
    assert set(names) == {"on", *found.parameters["properties"]}
    assert schema["properties"]["on"]["enum"] == found.on


async def test_the_form_offers_what_the_kind_can_act_on(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await choose_kind(pilot, "hang")
        assert app.screen.query_one("#field-0", Select).value == "capsule"


async def test_d_removes_the_fault_under_the_cursor(client: CannedClient) -> None:
    async with opened(client) as (_, pilot):
        await pilot.press("down", "d")
        await pilot.pause()
        assert client.done == [("remove", "f2")]


async def test_d_removes_all_that_are_marked_once_agreed(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await pilot.press("space", "space", "d")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        await pilot.press("y")
        await pilot.pause()
        assert sorted(client.done) == [("remove", "f1"), ("remove", "f2")]


async def test_capital_d_removes_every_fault_once_agreed(client: CannedClient) -> None:
    async with opened(client) as (_, pilot):
        await pilot.press("D")
        await pilot.pause()
        await pilot.press("n")
        await pilot.pause()
        assert client.done == []
        await pilot.press("D")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert client.done == [("remove all",)]


async def test_enter_tells_about_a_fault(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, Tell)


@pytest.mark.parametrize(
    ("key", "agrees", "done"),
    [("s", True, "stop"), ("z", False, "pause"), ("r", False, "restart"), ("K", True, "kill")],
)
async def test_keys_work_on_the_component_under_the_cursor(
    client: CannedClient, key: str, agrees: bool, done: str
) -> None:
    async with opened(client) as (app, pilot):
        await focus(app, pilot, "components")
        await pilot.press("down", "down", key)
        await pilot.pause()
        assert isinstance(app.screen, Confirm) == agrees
        if agrees:
            assert client.done == []
            await pilot.press("y")
            await pilot.pause()
        assert client.done == [(done, "capsule")]


async def test_before_a_service_is_stopped_it_is_said_who_goes_with_it(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await focus(app, pilot, "components")
        await pilot.press("end", "s")
        await pilot.pause()
        told = " ".join(str(each.content) for each in app.screen.query(Static))
        assert "same process" in told and "capsule, odyssey, plato" in told


@pytest.mark.parametrize(
    ("place", "words", "done"),
    [
        ("components", "resume", ("resume", "kafka")),
        ("breakers", "half-open", ("half-open", "odyssey", "capsule")),
        ("breakers", "metrics", ("metrics-only", "odyssey", "capsule")),
    ],
)
async def test_enter_offers_everything_that_can_be_done(
    client: CannedClient, place: str, words: str, done: tuple[str, ...]
) -> None:
    async with opened(client) as (app, pilot):
        await focus(app, pilot, place)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, Choose)
        await pilot.press(*words)
        await pilot.press("enter")
        await pilot.pause()
        assert client.done == [done]


@pytest.mark.parametrize(("key", "done"), [("o", "force-open"), ("c", "close"), ("r", "reset")])
async def test_keys_move_the_breaker_under_the_cursor(client: CannedClient, key: str, done: str) -> None:
    async with opened(client) as (app, pilot):
        await focus(app, pilot, "breakers")
        await pilot.press("down", key)
        await pilot.pause()
        assert client.done == [(done, "odyssey", "plato")]


@pytest.mark.parametrize("key", ["e", "enter"])
async def test_a_limit_is_changed_in_a_form_and_only_what_differs_is_sent(client: CannedClient, key: str) -> None:
    async with opened(client) as (app, pilot):
        await focus(app, pilot, "limits")
        await pilot.press(key)
        await pilot.pause()
        app.screen.query_one("#field-0", Input).value = "5"
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert client.done == [("limits", "capsule", {"query": 5})]
        assert app.query_one("#limits").cursor_row.limits.query == 5


async def test_r_puts_limits_back_as_configured(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await focus(app, pilot, "limits")
        await pilot.press("r")
        await pilot.pause()
        assert client.done == [("limits reset", "capsule")]


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        ("faults", "a"), ("faults", "d"), ("faults", "D"), ("components", "s"), ("components", "z"),
        ("components", "r"), ("components", "K"), ("components", "enter"), ("breakers", "o"), ("breakers", "enter"),
        ("limits", "e"), ("limits", "r"),
    ],
)  # fmt: skip
async def test_a_read_only_view_refuses_everything(client: CannedClient, place: str, keys: str) -> None:
    async with opened(client, read_only=True) as (app, pilot):
        await focus(app, pilot, place)
        await pilot.press(keys)
        await pilot.pause()
        assert client.done == [] and len(app.screen_stack) == 1
        assert "read-only" in " ".join(each.message for each in app._notifications)


async def test_slash_narrows_the_faults(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await pilot.press("slash", *"latency", "enter")
        assert [each.id for each in app.query_one("#faults").rows] == ["f2"]


async def test_in_a_short_window_only_the_list_with_the_cursor_is_unfolded(client: CannedClient) -> None:
    async with opened(client, size=(80, 24)) as (app, pilot):
        lists = ("faults", "components", "breakers", "limits")
        for name in lists:
            await focus(app, pilot, name)
            await pilot.pause()
            assert [each for each in lists if not app.query_one(f"#{each}").has_class("-folded")] == [name]
        assert "1 not CLOSED" in str(app.query_one("#breakers").border_title)


async def test_it_says_what_would_fill_it_and_by_which_key(client: CannedClient) -> None:
    async with opened(client, QUIET) as (app, _):
        assert "a adds a fault" in app.query_one("#faults")._empty
    async with opened(client, Snapshot(link=Link("connecting", "no sandbox answers"))) as (app, _):
        assert "waiting for the sandbox" in app.query_one("#faults")._empty
