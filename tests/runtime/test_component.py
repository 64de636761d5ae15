"""A supervised component: its states, and that its failure goes no further."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.clock import ManualClock
from sandbox.errors import ComponentFailed, UsageError
from sandbox.observe.journal import Journal
from sandbox.runtime.component import Supervised


class Part:
    """A component that does what a test tells it."""

    name = "part"
    pid = 7

    def __init__(self) -> None:
        self.done: list[str] = []
        self.refusal: ComponentFailed | None = None
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def start(self) -> str | None:
        if self.end.done():
            self.end = asyncio.get_running_loop().create_future()
        self.done.append("start")
        if self.refusal:
            raise self.refusal
        return "a remark"

    async def stop(self) -> None:
        self.done.append("stop")

    async def kill(self) -> None:
        self.end.set_result("ended by signal 9")

    async def pause(self) -> None:
        self.done.append("pause")

    async def resume(self) -> None:
        self.done.append("resume")

    async def disconnect(self) -> None:
        raise UsageError("no network")

    async def connect(self) -> None:
        raise UsageError("no network")

    async def ended(self) -> str:
        return await asyncio.shield(self.end)

    async def check(self) -> str | None:
        return None


class SlowToStop(Part):
    def __init__(self) -> None:
        super().__init__()
        self.stopped = asyncio.Event()

    async def stop(self) -> None:
        await self.stopped.wait()
        await super().stop()


class NeverAnswers(Part):
    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def check(self) -> str | None:
        self.asked.set()
        return await asyncio.get_running_loop().create_future()


def states(journal: Journal) -> list[str]:
    return [entry.data["state"] for entry in journal.read().entries]


async def test_it_starts_and_stops_and_each_state_is_a_fact() -> None:
    journal = Journal()
    part = Supervised(Part(), journal, ManualClock())
    await part.start()
    assert (part.state, part.detail) == ("ready", "a remark")
    await part.start()
    await part.stop()
    await part.stop()
    assert states(journal) == ["starting", "ready", "stopping", "stopped"]
    assert part.component.done == ["start", "stop"]


async def test_a_start_that_fails_is_a_state_and_no_exception() -> None:
    component = Part()
    component.refusal = ComponentFailed("no Java")
    part = Supervised(component, Journal(), ManualClock())
    await part.start()
    assert (part.state, part.detail) == ("failed", "no Java")
    component.refusal = None
    await part.restart()
    assert (part.state, part.restarts) == ("ready", 1)
    await part.stop()


async def test_an_end_that_nobody_asked_for_is_noticed() -> None:
    part = Supervised(Part(), Journal(), ManualClock())
    await part.start()
    part.component.end.set_result("ended by signal 9")
    for _ in range(10):
        await asyncio.sleep(0)
    assert (part.state, part.detail) == ("failed", "ended by signal 9")
    assert part.component.done == ["start", "stop"]
    await part.stop()


async def test_once_killed_it_can_be_started_at_once() -> None:
    journal = Journal()
    part = Supervised(Part(), journal, ManualClock())
    await part.start()
    await part.kill()
    await part.start()
    assert states(journal) == ["starting", "ready", "failed", "starting", "ready"]
    assert part.component.done == ["start", "stop", "start"]
    await part.stop()


async def test_a_start_waits_until_the_end_before_it_is_cleared_up() -> None:
    component = SlowToStop()
    part = Supervised(component, Journal(), ManualClock())
    await part.start()
    component.end.set_result("ended with exit code 1")
    while part.state != "failed":
        await asyncio.sleep(0)
    starting = asyncio.create_task(part.start())
    await asyncio.sleep(0)
    assert component.done == ["start"]
    component.stopped.set()
    await starting
    assert component.done == ["start", "stop", "start"]
    await part.stop()


async def test_an_end_is_noticed_while_a_health_check_gets_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Supervised, "CHECK_EVERY_S", 0.001)
    component = NeverAnswers()
    part = Supervised(component, Journal(), ManualClock())
    await part.start()
    await component.asked.wait()
    await part.kill()
    assert (part.state, part.detail) == ("failed", "ended by signal 9")
    await part.stop()


async def test_a_paused_component_is_degraded_and_is_resumed_before_it_stops() -> None:
    part = Supervised(Part(), Journal(), ManualClock())
    await part.start()
    await part.pause()
    assert (part.state, part.detail) == ("degraded", "paused")
    await part.stop()
    assert part.component.done == ["start", "pause", "resume", "stop"]


async def test_what_was_killed_while_paused_cannot_be_resumed() -> None:
    part = Supervised(Part(), Journal(), ManualClock())
    await part.start()
    await part.pause()
    await part.kill()
    assert part.state == "failed"
    with pytest.raises(UsageError, match="not paused"):
        await part.resume()
    assert part.state == "failed"
    await part.stop()


async def test_what_does_not_run_cannot_be_killed_or_paused() -> None:
    part = Supervised(Part(), Journal(), ManualClock())
    for operation in (part.kill, part.pause, part.resume, part.disconnect):
        with pytest.raises(UsageError, match="part"):
            await operation()
