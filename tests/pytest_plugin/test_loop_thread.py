"""One loop for everybody's network use."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from sandbox.errors import UsageError
from sandbox.pytest_plugin.loop_thread import LoopThread, in_loop


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


class Worker:
    def __init__(self, loop: LoopThread) -> None:
        self.loop = loop

    @in_loop
    async def place(self) -> str:
        return threading.current_thread().name

    @in_loop
    async def outer(self) -> str:
        return await self.place()

    @in_loop
    async def fail(self) -> None:
        raise UsageError("no good")

    @in_loop
    async def sleep(self, began: threading.Event, ended: threading.Event) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()


def test_work_is_done_there_and_its_result_is_here(loop: LoopThread) -> None:
    worker = Worker(loop)
    assert loop.run(worker.place()) == loop.run(worker.outer()) == "sandbox"


async def test_it_can_be_awaited_from_any_loop(loop: LoopThread) -> None:
    assert await Worker(loop).outer() == "sandbox"
    with pytest.raises(UsageError):
        await Worker(loop).fail()


async def test_who_stops_waiting_stops_the_work(loop: LoopThread) -> None:
    began, ended = threading.Event(), threading.Event()
    waiting = asyncio.create_task(Worker(loop).sleep(began, ended))
    assert await asyncio.to_thread(began.wait, 5)
    waiting.cancel()
    assert await asyncio.to_thread(ended.wait, 5)


def test_an_error_comes_without_the_way_through_the_loop(loop: LoopThread) -> None:
    with pytest.raises(UsageError) as caught:
        loop.run(Worker(loop).fail())
    assert [entry.name for entry in caught.traceback][1:] == ["run"]


def test_waiting_in_the_loop_itself_is_refused_in_place_of_never_ending(loop: LoopThread) -> None:
    worker = Worker(loop)

    class Inside(Worker):
        @in_loop
        async def wait(self) -> str:
            return loop.run(worker.place())

    with pytest.raises(RuntimeError, match="predicate"):
        loop.run(Inside(loop).wait())
