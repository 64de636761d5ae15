"""4 Scenarios: every key of the library, of a run, and of a run for an audience."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.widgets import Static

from sandbox.errors import NotRunning
from sandbox.tui.app import SandboxApp
from sandbox.tui.dialogs.tell import Tell
from sandbox.tui.state import Link, Snapshot
from tests.tui.canned import CannedClient
from tests.tui.canned_scenarios import FAILED, HELD
from tests.tui.fake_feed import BUSY, FakeFeed

SIZE = (120, 40)


@pytest.fixture
def client() -> CannedClient:
    return CannedClient()


@asynccontextmanager
async def opened(
    client: CannedClient, now: Snapshot = BUSY, *, read_only: bool = False, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[SandboxApp, Any]]:
    app = SandboxApp(FakeFeed(now, client=client, read_only=read_only), page="scenarios")
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.1)
        yield app, pilot


def view(app: SandboxApp) -> str:
    return app.page.query_one("ContentSwitcher").current


def names(app: SandboxApp) -> list[str]:
    return [each.name for each in app.query_one("#scenario-table").rows]


def told(app: SandboxApp, where: str) -> str:
    return str(app.query_one(where, Static).content)


async def test_the_library_stands_there_and_the_one_under_the_cursor_is_explained(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        assert names(app)[:2] == ["desk-morning", "capsule-outage"]
        await pilot.press("down")
        await pilot.pause()
        text = told(app, "#explained Static")
        assert "no event is lost" in text and "#breaker" in text
        assert "breaker odyssey/capsule goes OPEN, within 10 s" in text and "4.1  publish 20 records" in text


@pytest.mark.parametrize(
    ("typed", "found"),
    [("goes down", ["capsule-outage", "registry-outage"]), ("#dlq", ["retry-exhaustion"]), ("nonsense", [])],
)
async def test_slash_narrows_by_words_and_by_tag(client: CannedClient, typed: str, found: list[str]) -> None:
    async with opened(client) as (app, pilot):
        keys = ["space" if letter == " " else "number_sign" if letter == "#" else letter for letter in typed]
        await pilot.press("slash", *keys, "enter")
        assert names(app) == found
        await pilot.press("escape")
        assert len(names(app)) == 6


async def test_enter_explains_in_a_narrow_window_too(client: CannedClient) -> None:
    async with opened(client, size=(80, 24)) as (app, pilot):
        assert not app.query_one("#explained").display
        await pilot.press("down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, Tell)
        assert "whatever happened" in " ".join(str(each.content) for each in app.screen.query(Static))


async def test_r_runs_the_scenario_and_shows_its_steps(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await pilot.press("down", "r")
        await pilot.pause(0.2)
        assert client.started == [{"file": "scenarios/capsule-outage.yaml", "text": "scenario: x", "files": {}}]
        assert view(app) == "run" and app.focused.id == "step-table"
        assert len(app.query_one("#step-table").rows) == len(BUSY.run.steps)


async def test_capital_r_asks_for_a_seed(client: CannedClient) -> None:
    async with opened(client) as (_, pilot):
        await pilot.press("R")
        await pilot.pause()
        await pilot.press("4", "2", "enter")
        await pilot.pause(0.2)
        assert client.started[0]["seed"] == 42


async def test_a_seed_that_is_no_number_is_refused(client: CannedClient) -> None:
    async with opened(client) as (_, pilot):
        await pilot.press("R")
        await pilot.pause()
        await pilot.press("x", "enter")
        await pilot.pause()
        assert client.started == []


async def test_p_runs_it_for_an_audience_and_space_goes_on(client: CannedClient) -> None:
    async with opened(client, HELD) as (app, pilot):
        await pilot.press("p")
        await pilot.pause(0.2)
        assert client.started[0]["step"] is True and view(app) == "stage"
        assert "Three good probes" in told(app, "#caption")
        assert "goes HALF_OPEN, then CLOSED" in told(app, "#next")
        await pilot.press("space", "n", "enter")
        await pilot.pause()
        assert client.moved == [("next", "r1")] * 3


async def test_a_run_that_does_not_wait_cannot_be_let_go_on(client: CannedClient) -> None:
    async with opened(client) as (_, pilot):
        await pilot.press("v", "space", "n", "e")
        await pilot.pause()
        assert client.moved == []


@pytest.mark.parametrize(("key", "done"), [("e", "end"), ("s", "stop")])
async def test_e_lets_a_run_go_to_its_end_and_s_stops_it(client: CannedClient, key: str, done: str) -> None:
    async with opened(client, HELD) as (_, pilot):
        await pilot.press("v", key)
        await pilot.pause()
        assert client.moved == [(done, "r1")]


async def test_p_changes_between_the_steps_and_the_big_view_and_escape_shows_the_library(client: CannedClient) -> None:
    async with opened(client, HELD) as (app, pilot):
        await pilot.press("v")
        assert view(app) == "run"
        await pilot.press("p")
        assert view(app) == "stage"
        await pilot.press("p")
        assert view(app) == "run"
        await pilot.press("escape")
        assert view(app) == "library" and app.focused.id == "scenario-table"


async def test_a_failed_run_shows_expected_actual_and_evidence_at_once(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await pilot.press("v")
        app.feed.put(FAILED)
        await pilot.pause(0.3)
        assert app.query_one("#step-table").cursor_row.step.path == "7.2"
        text = told(app, "#step Static")
        assert "expected" in text and "0 of 14 records fit" in text and "scenarios/capsule-outage.yaml:48" in text
        assert "trace-0007" in text and "look at the service" in text


async def test_f_jumps_to_the_step_that_failed(client: CannedClient) -> None:
    async with opened(client, FAILED) as (app, pilot):
        await pilot.press("v")
        await pilot.pause(0.1)
        await pilot.press("home", "f")
        assert app.query_one("#step-table").cursor_row.step.path == "7.2"
        assert "failed at step 7.2" in told(app, "#run-head")


async def test_a_wait_shows_how_long_it_may_last(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await pilot.press("v")
        await pilot.pause(0.1)
        drawn = "\n".join(app.query_one("#step-table").render_line(y).text for y in range(8))
        assert "4.2 of 20 s ▓▓" in drawn


async def test_a_read_only_view_runs_nothing_and_lets_nothing_go_on(client: CannedClient) -> None:
    async with opened(client, HELD, read_only=True) as (app, pilot):
        await pilot.press("r", "p")
        await pilot.pause(0.2)
        await pilot.press("v", "space", "e", "s")
        await pilot.pause()
        assert client.started == [] and client.moved == []
        assert "read-only" in " ".join(each.message for each in app._notifications)


async def test_the_cursor_follows_the_step_that_runs(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        await pilot.press("v")
        await pilot.pause(0.1)
        table = app.query_one("#step-table")
        assert table.cursor_row.step.state == "running"
        more = replace(BUSY.run, steps=(*BUSY.run.steps, replace(BUSY.run.steps[-1], number=8)))
        app.feed.put(replace(BUSY, run=more))
        await pilot.pause(0.3)
        assert table.cursor_row.step.number == 8


async def test_ctrl_r_reads_the_library_again(client: CannedClient) -> None:
    async with opened(client) as (app, pilot):
        client.library = client.library[:2]
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert len(names(app)) == 2


async def test_it_says_what_would_fill_it(client: CannedClient) -> None:
    async with opened(client, replace(BUSY, run=None)) as (app, pilot):
        await pilot.press("v")
        await pilot.pause(0.1)
        assert "r runs the one under the cursor" in app.query_one("#step-table")._empty
    async with opened(client, Snapshot(link=Link("connecting", "no sandbox answers"))) as (app, _):
        assert "waiting for the sandbox" in app.query_one("#scenario-table")._empty


async def test_a_library_that_cannot_be_read_says_why(client: CannedClient) -> None:
    async def away() -> None:
        raise NotRunning("no sandbox answers")

    client.scenario_library = away
    async with opened(client) as (app, _):
        assert app.query_one("#scenario-table")._empty == "no sandbox answers"
