"""The envelope: chance, limit, facts, removal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.faults.applied import AppliedFault

Apply = Callable[..., AppliedFault]


@pytest.mark.parametrize(
    ("which", "struck"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"first": 2}, [1, 2]),
        ({"nth": 3}, [3]),
        ({"every": 2}, [2, 4, 6]),
        ({"every": 2, "first": 5}, [2, 4]),
    ],
)
def test_it_acts_on_the_first_the_nth_or_every_so_many(
    which: dict[str, int], struck: list[int], apply: Apply, request_: Any
) -> None:
    applied = apply("http-status", status=503, **which)
    assert [number for number in range(1, 7) if applied.strikes(request_())] == struck
    assert applied.hits == len(struck)


def test_it_says_that_it_rests_when_it_has_had_its_share(apply: Apply, request_: Any) -> None:
    for which in ({"first": 1}, {"nth": 1}):
        applied = apply("http-status", status=503, **which)
        assert applied.is_acting and applied.strikes(request_()) and not applied.is_acting


def test_it_begins_later_and_ends_on_the_sandboxs_clock(apply: Apply, clock: ManualClock, request_: Any) -> None:
    applied = apply("http-status", status=503, begins_in="5s", duration="10s")
    struck = []
    for _ in range(18):
        struck.append(applied.strikes(request_()))
        clock.tick(1)
    assert struck == [False] * 5 + [True] * 10 + [False] * 3


def test_it_comes_and_goes(apply: Apply, clock: ManualClock, request_: Any) -> None:
    applied = apply("http-status", status=503, on_for="2s", off_for="1s", begins_in="1s", duration="5s")
    seen = []
    for _ in range(7):
        shown, strikes = applied.to_json()["acting"], applied.strikes(request_())
        assert shown is strikes
        seen.append(strikes)
        clock.tick(1)
    assert seen == [False, True, True, False, True, True, False]


async def test_it_is_removed_when_its_time_is_up_and_says_why(apply: Apply, clock: ManualClock, facts: Any) -> None:
    applied = apply("latency", ms=1, begins_in="1s", duration="2s")
    assert applied.to_json()["until_ms"] == clock.now_ms() + 3_000
    running = asyncio.create_task(applied.run_out())
    await clock.advance(2.9)
    assert not applied.is_removed
    await clock.advance(0.1)
    await asyncio.wait_for(running, 5)
    assert applied.is_removed and (facts.kept[-1].kind, facts.kept[-1].reason) == ("FaultRemoved", "expired")


async def test_a_clock_that_slows_down_lets_it_last_longer(apply: Apply, clock: ManualClock) -> None:
    applied = apply("latency", ms=1, duration="2s")
    running = asyncio.create_task(applied.run_out())
    await asyncio.sleep(0)
    clock.monotonic_ns = lambda: 1_000_000_000  # type: ignore[method-assign] - one second has passed when it wakes
    await clock.advance(2)
    assert not applied.is_removed
    del clock.monotonic_ns  # type: ignore[method-assign]
    await clock.advance(1)
    await asyncio.wait_for(running, 5)
    assert applied.is_removed


def test_what_it_does_not_match_is_not_counted(apply: Apply, request_: Any) -> None:
    applied = apply("http-status", status=503, first=1, method="POST")
    assert not applied.strikes(request_("GET"))
    assert applied.strikes(request_("POST"))


def test_chance_is_the_same_for_the_same_seed(apply: Apply, request_: Any) -> None:
    def struck(seed: int) -> list[bool]:
        applied = apply("http-status", status=503, probability=0.5, seed=seed)
        return [applied.strikes(request_()) for _ in range(200)]

    assert struck(7) == struck(7) != struck(8)
    assert 60 < sum(struck(7)) < 140


def test_it_is_told_of_when_it_comes_and_once_when_it_goes(apply: Apply, facts: Any, request_: Any) -> None:
    applied = apply("http-status", status=503)
    applied.strikes(request_())
    applied.remove()
    applied.remove()
    on, off = facts.kept
    assert (on.kind, on.fault_id, on.fault, on.target) == ("FaultApplied", "f1", "http-status --status 503", "capsule")
    assert (off.kind, off.source, off.fault_id, off.hits, off.reason) == ("FaultRemoved", "capsule", "f1", 1, "removed")


def test_it_shows_what_is_not_as_usual(apply: Apply, clock: Any) -> None:
    assert apply("http-status", status=503, retry_after=2).to_json() == {
        "id": "f1", "kind": "http-status", "on": "capsule", "parameters": {"status": 503, "retry-after": 2},
        "text": "http-status --status 503 --retry-after 2", "hits": 0, "since_ms": clock.now_ms(), "until_ms": None,
        "acting": True,
    }  # fmt: skip
