"""Long stretches of work take turns in the event loop."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from sandbox.kafka.turnstile import Turnstile


async def test_who_comes_alone_does_not_wait() -> None:
    turnstile = Turnstile()
    entering = turnstile.enter()
    try:
        entering.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")


async def test_one_enters_in_each_turn_and_others_get_theirs_in_between() -> None:
    turnstile, seen = Turnstile(), []

    async def work(name: str) -> None:
        for _ in range(2):
            await turnstile.enter()
            seen.append(name)

    async def answer() -> None:
        for _ in range(12):
            seen.append("-")
            await asyncio.sleep(0)

    await asyncio.gather(work("a"), work("b"), answer())
    assert sorted(each for each in seen if each != "-") == ["a", "a", "b", "b"]
    assert not any(one != "-" and other != "-" for one, other in pairwise(seen)), seen


async def test_whoever_gives_up_waiting_holds_nobody_up() -> None:
    turnstile = Turnstile()
    await turnstile.enter()
    impatient = asyncio.ensure_future(turnstile.enter())
    await asyncio.sleep(0)
    impatient.cancel()
    async with asyncio.timeout(1):
        await turnstile.enter()
