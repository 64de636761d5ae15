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
    await part.kill()
    for _ in range(10):
        await asyncio.sleep(0)
    assert (part.state, part.detail) == ("failed", "ended by signal 9")
    assert part.component.done == ["start", "stop"]
    await part.stop()


async def test_a_paused_component_is_degraded_and_is_resumed_before_it_stops() -> None:
    part = Supervised(Part(), Journal(), ManualClock())
    await part.start()
    await part.pause()
    assert (part.state, part.detail) == ("degraded", "paused")
    await part.stop()
    assert part.component.done == ["start", "pause", "resume", "stop"]


async def test_what_does_not_run_cannot_be_killed_or_paused() -> None:
    part = Supervised(Part(), Journal(), ManualClock())
    for operation in (part.kill, part.pause, part.resume, part.disconnect):
        with pytest.raises(UsageError, match="part"):
            await operation()
