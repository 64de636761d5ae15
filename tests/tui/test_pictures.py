"""Each page in three sizes, as it was when somebody last looked at it. After looking: `pytest --snapshot-update`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.tui.app import SandboxApp
from sandbox.tui.state import Link, Snapshot
from tests.tui.fake_feed import BUSY, QUIET, FakeFeed

SIZES = ((80, 24), (120, 40), (200, 50))
STATES = {
    "quiet": QUIET,
    "connecting": Snapshot(link=Link("connecting", "no sandbox answers")),
    "reconnecting": replace(BUSY, link=Link("reconnecting", "no sandbox answers: refused")),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", ["overview"])
def test_a_page_looks_as_it_did(snap_compare: Any, page: str, size: tuple[int, int]) -> None:
    assert snap_compare(SandboxApp(FakeFeed(), page=page), terminal_size=size)


@pytest.mark.parametrize("state", STATES)
def test_the_overview_says_when_there_is_little_to_see(snap_compare: Any, state: str) -> None:
    assert snap_compare(SandboxApp(FakeFeed(STATES[state])), terminal_size=(120, 40))


def test_the_light_theme_looks_as_it_did(snap_compare: Any) -> None:
    assert snap_compare(SandboxApp(FakeFeed(), light=True), terminal_size=(120, 40))


def test_the_help_lists_the_keys_of_the_page(snap_compare: Any) -> None:
    assert snap_compare(SandboxApp(FakeFeed()), press=["question_mark"], terminal_size=(100, 40))
