"""Each page in three sizes, as it was when somebody last looked at it. After looking: `pytest --snapshot-update`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.tui.app import SandboxApp
from sandbox.tui.state import Link, Snapshot
from tests.tui.canned import CannedClient
from tests.tui.fake_feed import BUSY, QUIET, FakeFeed
from tests.tui.pictures import PICTURES, SEEN, SIZES

STATES = {
    "quiet": QUIET,
    "connecting": Snapshot(link=Link("connecting", "no sandbox answers")),
    "reconnecting": replace(BUSY, link=Link("reconnecting", "no sandbox answers: refused")),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", [
    "overview", "topics", "records", "record", "sending", "dlq", "faults", "fault", "components", "scenarios", "run",
    "failed-run", "stage",
])  # fmt: skip
def test_a_page_looks_as_it_did(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    """`name` is that of a picture of `tests.tui.pictures`."""
    page, keys = PICTURES[name]
    app = SandboxApp(FakeFeed(SEEN.get(name, BUSY), client=CannedClient()), page=page)
    assert snap_compare(app, press=keys, run_before=settle, terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["letter", "replay", "correct", "trace", "waterfall", "logs", "wrapped"])
def test_what_is_read_first_looks_as_it_did(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    """What the last key opens comes once it has been read."""
    page, keys = PICTURES[name]

    async def run_before(pilot: Any) -> None:
        await settle(pilot)
        for part in (keys[:-1], keys[-1:]):
            await pilot.press(*part)
            await settle(pilot)

    app = SandboxApp(FakeFeed(client=CannedClient()), page=page)
    assert snap_compare(app, run_before=run_before, terminal_size=size)


async def settle(pilot: Any) -> None:
    """What is read when a page opens has come."""
    await pilot.pause(0.1)


@pytest.mark.parametrize("state", STATES)
def test_the_overview_says_when_there_is_little_to_see(snap_compare: Any, state: str) -> None:
    assert snap_compare(SandboxApp(FakeFeed(STATES[state])), terminal_size=(120, 40))


def test_the_light_theme_looks_as_it_did(snap_compare: Any) -> None:
    assert snap_compare(SandboxApp(FakeFeed(), light=True), terminal_size=(120, 40))


def test_the_help_lists_the_keys_of_the_page(snap_compare: Any) -> None:
    assert snap_compare(SandboxApp(FakeFeed()), press=["question_mark"], terminal_size=(100, 40))
