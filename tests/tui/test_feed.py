"""The feed against a control server: live, away, back with another engine; and the one way to change something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from sandbox.clock import SystemClock
from sandbox.control.dlq_models import ReplayRequest
from sandbox.control.server import control_app
from sandbox.errors import NotRunning
from sandbox.events.facts import ScenarioStarted, StepStarted
from sandbox.tui.feed import Feed
from sandbox.tui.reader import ReadOnly
from tests.control.conftest import RecordingEngine

TOKEN = "t0ken"


@asynccontextmanager
async def served(engine: RecordingEngine, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(control_app(engine, TOKEN), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(feed: Feed) -> AsyncIterator[Feed]:
    task = asyncio.create_task(feed.run())
    try:
        yield feed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


def tell(engine: RecordingEngine, run: str, title: str) -> None:
    engine.journal.record(
        ScenarioStarted(at_ms=1, source="engine", run=run, scenario="golden-path", steps=2, seed=1)
    )  # fmt: skip
    engine.journal.record(
        StepStarted(at_ms=2, source="engine", run=run, number=1, title=title, where="a.yaml:1", path="1")
    )  # fmt: skip


@pytest.fixture
def port() -> int:
    return unused_port()


@pytest.fixture
def feed(port: int) -> Feed:
    return Feed(lambda: (f"http://127.0.0.1:{port}", TOKEN), clock=SystemClock(speed=10))


async def test_what_the_engine_knows_is_shown_and_its_story_told(feed: Feed, port: int) -> None:
    engine = RecordingEngine()
    tell(engine, "r1", "publish an event")
    async with served(engine, port), running(feed):
        await until(lambda: feed.now.is_live and feed.now.run is not None)
        assert (feed.now.name, feed.now.epoch) == ("demo", engine.journal.identity)
        assert [topic.name for topic in feed.now.topics] == ["rim.fast-path"]
        assert feed.now.run.steps[0].title == "publish an event"


async def test_an_engine_that_goes_leaves_its_last_picture_and_a_new_one_begins_anew(feed: Feed, port: int) -> None:
    first, second = RecordingEngine(), RecordingEngine()
    tell(first, "r1", "the first engine's step")
    tell(second, "r2", "the second engine's step")
    async with running(feed):
        async with served(first, port):
            await until(lambda: feed.now.is_live and feed.now.run is not None)
        await until(lambda: feed.now.link.state == "reconnecting")
        assert feed.now.name == "demo" and feed.now.run.steps[0].title == "the first engine's step"
        async with served(second, port):
            await until(lambda: feed.now.is_live and feed.now.epoch == second.journal.identity)
            await until(lambda: feed.now.run.run == "r2")


async def test_a_sandbox_that_is_not_there_yet_is_waited_for_and_asked_for_again(port: int) -> None:
    asked: list[int] = []

    def locate() -> tuple[str, str]:
        asked.append(1)
        if len(asked) < 4:
            raise NotRunning("sandbox demo is not running")
        return f"http://127.0.0.1:{port}", TOKEN

    feed = Feed(locate, clock=SystemClock(speed=10))
    async with served(RecordingEngine(), port), running(feed):
        await until(lambda: feed.now.link.detail == "sandbox demo is not running")
        assert feed.now.link.state == "connecting"
        await until(lambda: feed.now.is_live)


async def test_reading_cannot_change_anything_and_read_only_refuses_the_rest(port: int) -> None:
    engine = RecordingEngine()
    feed = Feed(lambda: (f"http://127.0.0.1:{port}", TOKEN), read_only=True)
    async with served(engine, port), running(feed):
        with pytest.raises(ReadOnly):
            await feed.ask(lambda client: client.operate_breaker("odyssey", "capsule", "open"))
        with pytest.raises(ReadOnly, match="read-only"):
            await feed.act(lambda client: client.operate_breaker("odyssey", "capsule", "open"))
        assert engine.asked == []
        assert (await feed.ask(lambda client: client.status())).name == "demo"


async def test_acting_changes_and_looks_again_at_once(feed: Feed, port: int) -> None:
    engine = RecordingEngine()
    async with served(engine, port), running(feed):
        await feed.act(lambda client: client.operate_breaker("odyssey", "capsule", "open"))
        assert engine.asked == [("open", "odyssey", "capsule")]


async def test_a_dry_run_may_be_asked_for_by_reading(feed: Feed, port: int) -> None:
    """It gets through to the engine, which is one without dead letters here."""
    async with served(RecordingEngine(), port), running(feed):
        with pytest.raises(Exception) as refused:
            await feed.ask(lambda client: client.replay_dead_letters("t", ReplayRequest(dryRun=True)))
        assert not isinstance(refused.value, ReadOnly)
