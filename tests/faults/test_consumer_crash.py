from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault

Apply = Callable[..., AppliedFault]


async def test_the_consumer_ends_and_is_away_for_a_while(apply: Apply, due: Any, clock: ManualClock) -> None:
    with pytest.raises(Exception) as caught:
        await apply("consumer-crash", away=500).act(due())
    away = asyncio.create_task(caught.value.away())
    await clock.advance(0.499)
    assert not away.done()
    await clock.advance(0.001)
    await asyncio.wait_for(away, 5)


@pytest.mark.parametrize(
    ("told", "crashes"), [({}, [1]), ({"first": 2}, [1, 2]), ({"nth": 3}, [3]), ({"every": 2}, [2, 4])]
)
def test_it_crashes_once_unless_it_is_told_how_often(
    told: dict[str, int], crashes: list[int], apply: Apply, due: Any
) -> None:
    applied = apply("consumer-crash", **told)
    assert [number for number in range(1, 5) if applied.strikes(due())] == crashes


def test_one_that_has_crashed_says_that_it_rests(apply: Apply, due: Any) -> None:
    applied = apply("consumer-crash")
    assert applied.is_acting and applied.strikes(due()) and not applied.is_acting
