"""When each of many records or calls is due: nanoseconds from the start, in order, one number each."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator

from sandbox.clock import NANOS
from sandbox.scenarios.model.pace import Burst, Leg, Ramp

__all__ = ["at_once", "bursts", "jittered", "ramp", "staged", "steady"]


def at_once() -> Iterator[int]:
    """All of them now, without end."""
    return itertools.repeat(0)


def steady(rate_per_s: float) -> Iterator[int]:
    """Without end. Each moment is counted from the start, so that no error adds up."""
    gap_ns = NANOS / rate_per_s
    return (round(number * gap_ns) for number in itertools.count())


def bursts(burst: Burst) -> Iterator[int]:
    every_ns = burst.every_s * NANOS
    return (round(number // burst.count * every_ns) for number in itertools.count())


def ramp(ramp: Ramp, *, count: int | None = None, lasts_s: float | None = None) -> Iterator[int]:
    """`count` moments, or those of `lasts_s` seconds."""
    if lasts_s is None:
        assert count is not None
        lasts_s = 2 * count / (ramp.start_per_s + ramp.end_per_s)
    moments = staged((Leg(ramp.start_per_s, ramp.end_per_s, lasts_s),))
    return moments if count is None else itertools.islice(moments, count)


def staged(legs: Iterable[Leg]) -> Iterator[int]:
    """Number n is due when the rates so far add up to n."""
    number, before, began_s = 0, 0.0, 0.0
    for leg in legs:
        end = before + leg.count
        # A hair below the end: what falls on it by rounding belongs to the next stage.
        while number < end - 1e-6:
            yield round((began_s + _reached_s(leg, number - before)) * NANOS)
            number += 1
        before, began_s = end, began_s + leg.lasts_s


def _reached_s(leg: Leg, count: float) -> float:
    """When, from the stage's begin on, `count` have become due: start·t + slope·t²/2 = count."""
    slope = (leg.end_per_s - leg.start_per_s) / leg.lasts_s
    if slope == 0:
        return count / leg.start_per_s
    root = math.sqrt(max(0.0, leg.start_per_s**2 + 2 * slope * count))
    # Written so that it is exact for slopes near nought too.
    return 0.0 if count <= 0 else min(leg.lasts_s, 2 * count / (leg.start_per_s + root))


def jittered(moments: Iterator[int], share: float, chance: random.Random) -> Iterator[int]:
    """Each moved towards the next one, by up to `share` of the gap; the order stays."""
    now = next(moments, None)
    while now is not None:
        following = next(moments, None)
        gap_ns = 0 if following is None else following - now
        yield round(now + gap_ns * share * chance.random())
        now = following
