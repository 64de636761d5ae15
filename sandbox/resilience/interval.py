"""How long to wait before an attempt: `IntervalFunction`, from an attempt (1, 2, …) to milliseconds.

Each step is cut to whole milliseconds before the next is computed, as in Resilience4j. Chance comes from the
`random.Random` that is given.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from sandbox.errors import UsageError

__all__ = [
    "DEFAULT_INITIAL_INTERVAL_MS",
    "DEFAULT_MULTIPLIER",
    "DEFAULT_RANDOMIZATION_FACTOR",
    "IntervalFunction",
    "exponential",
    "exponential_random",
    "fixed",
    "randomized",
]

IntervalFunction: TypeAlias = Callable[[int], int]

DEFAULT_INITIAL_INTERVAL_MS = 500
DEFAULT_MULTIPLIER = 1.5
DEFAULT_RANDOMIZATION_FACTOR = 0.5
_LONG_MAX = 2**63 - 1


def fixed(interval_ms: int = DEFAULT_INITIAL_INTERVAL_MS) -> IntervalFunction:
    """The same wait each time."""
    _check_interval(interval_ms)

    def interval(attempt: int) -> int:
        _check_attempt(attempt)
        return interval_ms

    return interval


def randomized(
    interval_ms: int, randomization_factor: float = DEFAULT_RANDOMIZATION_FACTOR, *, random: Random
) -> IntervalFunction:
    """`interval_ms` ± `randomization_factor` of it (0 ≤ factor < 1)."""
    _check_interval(interval_ms)
    _check_factor(randomization_factor)

    def interval(attempt: int) -> int:
        _check_attempt(attempt)
        return _randomize(interval_ms, randomization_factor, random)

    return interval


def exponential(
    initial_interval_ms: int = DEFAULT_INITIAL_INTERVAL_MS,
    multiplier: float = DEFAULT_MULTIPLIER,
    max_interval_ms: int | None = None,
) -> IntervalFunction:
    """`initial_interval_ms`, then `multiplier` times the one before, never over `max_interval_ms`."""
    _check_interval(initial_interval_ms)
    if max_interval_ms is not None:
        _check_interval(max_interval_ms)

    def interval(attempt: int) -> int:
        _check_attempt(attempt)
        value = _grow(initial_interval_ms, multiplier, attempt)
        return value if max_interval_ms is None else min(value, max_interval_ms)

    return interval


def exponential_random(
    initial_interval_ms: int = DEFAULT_INITIAL_INTERVAL_MS,
    multiplier: float = DEFAULT_MULTIPLIER,
    randomization_factor: float = DEFAULT_RANDOMIZATION_FACTOR,
    max_interval_ms: int | None = None,
    *,
    random: Random,
) -> IntervalFunction:
    """As `exponential`, each wait ± `randomization_factor` of it; `max_interval_ms` holds for the outcome."""
    _check_interval(initial_interval_ms)
    _check_factor(randomization_factor)
    if max_interval_ms is not None:
        _check_interval(max_interval_ms)

    def interval(attempt: int) -> int:
        _check_attempt(attempt)
        value = _randomize(_grow(initial_interval_ms, multiplier, attempt), randomization_factor, random)
        return value if max_interval_ms is None else min(value, max_interval_ms)

    return interval


def _grow(initial_ms: int, multiplier: float, attempt: int) -> int:
    value = initial_ms
    for _ in range(attempt - 1):
        grown = int(min(value * multiplier, _LONG_MAX))
        if grown == value:
            break
        value = grown
    return value


def _randomize(value_ms: int, factor: float, random: Random) -> int:
    delta = factor * value_ms
    return int(value_ms - delta + random.random() * (2 * delta + 1))


def _check_interval(interval_ms: int) -> None:
    if interval_ms < 1:
        raise UsageError(f"an interval must be at least 1 ms, not {interval_ms}", where="interval")


def _check_factor(factor: float) -> None:
    if not 0.0 <= factor < 1.0:
        raise UsageError(f"must be from 0 to below 1, not {factor}", where="randomization_factor")


def _check_attempt(attempt: int) -> None:
    if attempt < 1:
        raise UsageError(f"attempts count from 1, not {attempt}", where="attempt")
