"""`timedelta` in whole units, cut as Java's `Duration` cuts."""

from __future__ import annotations

from datetime import timedelta

__all__ = ["to_ms", "to_ns"]

_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


def to_ms(duration: timedelta) -> int:
    """Whole milliseconds; a part of one is dropped."""
    return duration // _MILLISECOND


def to_ns(duration: timedelta) -> int:
    return duration // _MICROSECOND * 1000
