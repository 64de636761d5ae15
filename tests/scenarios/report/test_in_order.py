import asyncio

from sandbox.events.facts import CallNotPermitted, Fact
from sandbox.scenarios.report.in_order import InOrder


def fact(at_ms: int, name: str = "x") -> Fact:
    return CallNotPermitted(at_ms=at_ms, source="odyssey", breaker=name)


def test_without_a_loop_everything_waits_for_the_end() -> None:
    told: list[Fact] = []
    order = InOrder(told.append)
    for at_ms in (3, 1, 2):
        order.add(fact(at_ms))
    assert told == []
    order.flush()
    assert [each.at_ms for each in told] == [1, 2, 3]


async def test_a_fact_is_told_in_time_and_after_what_happened_before_it() -> None:
    told: list[Fact] = []
    order = InOrder(told.append, hold_s=0.03)
    order.add(fact(2))
    order.add(fact(1))
    async with asyncio.timeout(5):
        while len(told) < 2:
            await asyncio.sleep(0.005)
    assert [each.at_ms for each in told] == [1, 2]
    order.add(fact(9))
    order.flush()
    assert told[-1].at_ms == 9


async def test_facts_of_one_moment_keep_the_order_they_came_in() -> None:
    told: list[Fact] = []
    order = InOrder(told.append)
    for name in "abc":
        order.add(fact(1, name))
    order.flush()
    assert [each.breaker for each in told] == ["a", "b", "c"]  # type: ignore[attr-defined]
