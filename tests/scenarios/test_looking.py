import asyncio

import pytest

from sandbox.clock import ManualClock
from sandbox.scenarios.looking import Backoff, Verdict, look


class Looks:
    """Holds from the look with this number on."""

    def __init__(self, holds_from: int, verdict: Verdict = Verdict.HOLDS) -> None:
        self.count = 0
        self._holds_from = holds_from
        self._verdict = verdict

    async def __call__(self) -> Verdict:
        self.count += 1
        return self._verdict if self.count >= self._holds_from else Verdict.NOT_YET


async def test_it_looks_at_once() -> None:
    clock, looks = ManualClock(), Looks(1)
    assert await look(looks, Backoff(clock), limit_s=5, clock=clock) is Verdict.HOLDS
    assert looks.count == 1


async def test_a_limit_of_nought_looks_once() -> None:
    clock, looks = ManualClock(), Looks(2)
    assert await look(looks, Backoff(clock), limit_s=0, clock=clock) is Verdict.NOT_YET
    assert looks.count == 1


async def test_it_looks_again_until_it_holds() -> None:
    clock, looks = ManualClock(), Looks(4)
    task = asyncio.create_task(look(looks, Backoff(clock), limit_s=5, clock=clock))
    await clock.advance(1)
    assert await task is Verdict.HOLDS and looks.count == 4


async def test_it_gives_up_at_the_limit_and_leaves_nothing_behind() -> None:
    clock, looks = ManualClock(), Looks(1_000)
    task = asyncio.create_task(look(looks, Backoff(clock), limit_s=5, clock=clock))
    await clock.advance(4.9)
    assert not task.done()
    await clock.advance(0.2)
    assert await task is Verdict.NOT_YET
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_it_gives_up_early_on_what_can_never_hold() -> None:
    clock, looks = ManualClock(), Looks(2, Verdict.HOPELESS)
    task = asyncio.create_task(look(looks, Backoff(clock), limit_s=60, clock=clock))
    await clock.advance(0.1)
    assert await task is Verdict.HOPELESS


async def test_a_look_that_hangs_is_cut_off_at_the_limit() -> None:
    clock = ManualClock()

    async def hang() -> Verdict:
        await asyncio.get_running_loop().create_future()
        return Verdict.HOLDS

    task = asyncio.create_task(look(hang, Backoff(clock), limit_s=1, clock=clock))
    await clock.advance(1.1)
    assert await task is Verdict.NOT_YET


async def test_what_a_look_raises_is_raised() -> None:
    async def fail() -> Verdict:
        raise KeyError("x")

    clock = ManualClock()
    with pytest.raises(KeyError):
        await look(fail, Backoff(clock), limit_s=1, clock=clock)


async def test_waits_grow_up_to_their_longest() -> None:
    clock = ManualClock()
    backoff, waits = Backoff(clock), []
    for _ in range(12):
        before = clock.monotonic_ns()
        task = asyncio.create_task(backoff())
        while not task.done():
            await clock.advance(0.001)
        waits.append((clock.monotonic_ns() - before) / 1e9)
    assert (
        waits == sorted(waits)
        and waits[0] == pytest.approx(0.05, abs=0.002)
        and waits[-1] == pytest.approx(0.5, abs=0.002)
    )
