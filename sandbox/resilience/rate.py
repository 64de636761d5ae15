"""Rates in percent with the arithmetic of a Java `float`, so that thresholds meet at the same call as there."""

from __future__ import annotations

import struct

__all__ = ["NO_RATE", "percentage", "shortest", "single"]

NO_RATE = -1.0
"""The rate below the minimum number of calls."""

_FLOAT = struct.Struct("<f")


def single(value: float) -> float:
    """The nearest single-precision number."""
    return _FLOAT.unpack(_FLOAT.pack(value))[0]


def percentage(part: int, total: int) -> float:
    """`part * 100.0f / total`: 1 of 3 is 33.33333206176758; of nothing it is 0."""
    if total == 0:
        return 0.0
    return single(single(part * 100.0) / total)


def shortest(value: float) -> float:
    """The number with the fewest digits that is the same in single precision, as Java prints it: 33.333332."""
    for digits in range(1, 10):
        candidate = float(f"{value:.{digits}g}")
        if single(candidate) == value:
            return candidate
    return value
