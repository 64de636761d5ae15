"""How long to wait."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from sandbox.errors import UsageError
from sandbox.resilience.interval import exponential, exponential_random, fixed, randomized


def test_an_exponential_wait_is_cut_to_milliseconds_at_each_step() -> None:
    assert [exponential(3, 1.5)(attempt) for attempt in range(1, 6)] == [3, 4, 6, 9, 13]


def test_an_exponential_wait_stays_within_its_limit_however_often() -> None:
    assert [exponential(200, 2.0, 2_000)(attempt) for attempt in (1, 2, 4, 5, 10_000)] == [200, 400, 1600, 2000, 2000]
    assert exponential(1000, 10.0)(10_000) == 2**63 - 1


def test_chance_is_the_one_that_is_given() -> None:
    assert [randomized(1000, random=Random(7))(1) for _ in range(2)] == [randomized(1000, random=Random(7))(1)] * 2
    waits = [randomized(1000, 0.25, random=Random(seed))(1) for seed in range(200)]
    assert min(waits) >= 750 and max(waits) <= 1250 and len(set(waits)) > 50


def test_exponential_and_random_together_keep_the_limit() -> None:
    waits = [exponential_random(100, 2.0, 0.5, 500, random=Random(seed))(4) for seed in range(50)]
    assert min(waits) >= 400 and max(waits) == 500


@pytest.mark.parametrize(
    "make",
    [
        lambda: fixed(0),
        lambda: exponential(0),
        lambda: exponential(5, 2.0, 0),
        lambda: randomized(5, 1.0, random=Random(1)),
        lambda: exponential_random(5, 2.0, -0.1, random=Random(1)),
        lambda: exponential_random(5, 2.0, 0.1, 0, random=Random(1)),
        lambda: fixed(5)(0),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        make()
