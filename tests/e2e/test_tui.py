"""The user interface on a real sandbox: what flows is seen, and a new engine is found again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.control.client import ControlClient
from sandbox.control.models import PublishRequest
from sandbox.errors import NotRunning
from sandbox.tui.app import SandboxApp
from sandbox.tui.feed import Feed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TOPIC = "odyssey.actors"
"""No service consumes it."""
SIZE = (160, 45)


def locate(cli: Any, name: str) -> tuple[str, str]:
    try:
        token = (cli.state_root / name / "token").read_text("ascii").strip()
        return cli.engine(name)["control_url"], token
    except (FileNotFoundError, KeyError):
        raise NotRunning("not there now") from None


async def until(pilot: Any, holds: Callable[[], Any], limit_s: float = 30.0) -> None:
    async with asyncio.timeout(limit_s):
        while not holds():
            await pilot.pause(0.05)


def text_of(app: SandboxApp, selector: str) -> str:
    return str(app.query_one(selector).content)


async def test_records_are_seen_decoded_as_they_come_and_found_again(shared: tuple[Any, dict[str, Any]]) -> None:
    cli, status = shared
    url, token = locate(cli, status["name"])
    app = SandboxApp(Feed(lambda: (url, token)))
    async with ControlClient(url, token) as control, app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.feed.now.is_live and app.feed.now.topics)
        before = {topic.name: topic.produced for topic in app.feed.now.topics}[TOPIC]
        app.go("topics", TOPIC)
        await until(pilot, lambda: app.page is not None and app.page.id == "page-topics")
        table = app.query_one("#record-table")
        example = (await control.topic(TOPIC)).model_dump()["contract"]["example"]
        for number in range(3):
            await control.publish_record(
                TOPIC, PublishRequest(value={**example, "actor_id": f"seen-{number}"}, key=f"k{number}")
            )
        raw = PublishRequest(value_base64="AAAAAP8BAgM=", key="poison", headers={"X-Tenant-ID": "desk-9"})
        await control.publish_record(TOPIC, raw)

        def places() -> set[str]:
            return {row.told["key"] for row in table.rows}

        await until(pilot, lambda: {"k0", "k1", "k2", "poison"} <= places())
        values = {row.told["key"]: row.told for row in table.rows}
        assert values["k1"]["value"]["actor_id"] == "seen-1"
        assert "255" in values["poison"]["error"] and values["poison"]["hex"] == "00000000ff010203"
        await until(pilot, lambda: {topic.name: topic.produced for topic in app.feed.now.topics}[TOPIC] == before + 4)

        await pilot.press("slash", *"$.actor_id=seen-2", "enter")
        await until(pilot, lambda: places() == {"k2"})
        await pilot.press("escape", "slash", *"header.x-tenant-id=desk-9", "enter")
        await until(pilot, lambda: places() == {"poison"})
        await pilot.press("escape", "b")
        await until(pilot, lambda: "end" in text_of(app, "#records-head") and len(table.rows) >= 4)


async def test_the_view_goes_on_with_a_new_engine(cli: Any) -> None:
    name = cli.ok("up", "--ports", "auto", "--json").json["name"]
    app = SandboxApp(Feed(lambda: locate(cli, name)), page="topics")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.feed.now.is_live and app.feed.now.topics)
        first = app.feed.now.epoch
        app.go("topics", TOPIC)
        await asyncio.to_thread(cli.ok, "down")
        await until(pilot, lambda: app.feed.now.link.state == "reconnecting")
        assert app.feed.now.topics, "what was seen last stays in sight"
        await asyncio.to_thread(cli.ok, "up", "--ports", "auto")
        await until(pilot, lambda: app.feed.now.is_live and app.feed.now.epoch != first)
        url, token = locate(cli, name)
        async with ControlClient(url, token) as control:
            example = (await control.topic(TOPIC)).model_dump()["contract"]["example"]
            await control.publish_record(TOPIC, PublishRequest(value=example, key="after"))
        await until(pilot, lambda: "after" in {row.told["key"] for row in app.query_one("#record-table").rows})
        await asyncio.to_thread(cli.ok, "scenario", "run", "golden-path")
        await until(pilot, lambda: app.feed.now.run is not None and app.feed.now.run.state == "passed")
