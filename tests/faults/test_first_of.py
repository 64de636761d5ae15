"""Waiting for whichever comes first."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.faults.first_of import first_of


async def forever() -> None:
    await asyncio.Event().wait()


async def fails() -> None:
    raise ValueError


async def test_the_first_one_counts_and_the_others_end() -> None:
    assert await first_of(forever(), asyncio.sleep(0)) == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_one_that_fails_is_over_too() -> None:
    assert await first_of(fails(), forever()) == 0


async def test_who_gives_up_leaves_nothing_waiting() -> None:
    waiting = asyncio.create_task(first_of(forever(), forever()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}
