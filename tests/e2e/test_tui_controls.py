"""Faults and scenarios by the keys of the user interface, on a real sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from textual.widgets import Input

from sandbox.tui.app import SandboxApp
from sandbox.tui.feed import Feed

pytestmark = pytest.mark.e2e

STORY = """
scenario: A short story
speed: 1
steps:
  - say: Hello.
  - publish: rim.fast-path
"""


@asynccontextmanager
async def opened(shared: Any, page: str) -> AsyncIterator[tuple[SandboxApp, Any]]:
    cli, status = shared
    token = (cli.state_root / status["name"] / "token").read_text(encoding="ascii").strip()
    url = status["endpoints"]["control"]
    app = SandboxApp(Feed(lambda: (url, token)), page=page)
    async with app.run_test(size=(130, 44)) as pilot:
        await until(pilot, lambda: app.feed.now.is_live)
        yield app, pilot


async def until(pilot: Any, holds: Callable[[], Any], limit_s: float = 60.0) -> None:
    async with asyncio.timeout(limit_s):
        while not holds():
            await pilot.pause(0.1)


async def test_a_fault_is_added_acts_and_is_removed(shared: Any) -> None:
    async with opened(shared, "faults") as (app, pilot):
        await pilot.press("a")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.press(*"hold", "space", *"requests", "enter")
        await until(pilot, lambda: app.screen.query("#field-1"))
        app.screen.query_one("#field-1", Input).value = "300"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.feed.now.faults)
        assert app.feed.now.faults[0].kind == "latency" and app.feed.now.faults[0].acting
        async with aiohttp.ClientSession() as session:
            begun = asyncio.get_running_loop().time()
            await session.get(f"{shared[1]['endpoints']['capsule']}/api/v1/capsules/none")
            assert asyncio.get_running_loop().time() - begun >= 0.3
        await until(pilot, lambda: app.feed.now.faults[0].hits)
        await pilot.press("d")
        await until(pilot, lambda: not app.feed.now.faults)


async def test_a_scenario_waits_for_its_presenter_and_passes(shared: Any) -> None:
    async with opened(shared, "scenarios") as (app, pilot):
        table = app.query_one("#scenario-table")
        await until(pilot, lambda: table.rows)
        assert "golden-path" in [each.name for each in table.rows]
        await app.feed.act(lambda client: client.run_scenario({"file": "short.yaml", "text": STORY, "step": True}))
        await pilot.press("v", "p")
        run = lambda: app.feed.now.run  # noqa: E731
        await until(pilot, lambda: run() is not None and run().held == "Hello.")
        await pilot.press("space")
        await until(pilot, lambda: "publish" in (run().held or ""))
        assert [step.title for step in run().steps] == ["Hello."] and run().state == "running"
        await pilot.press("space")
        await until(pilot, lambda: run().state == "passed")
