"""Where a group is set to begin, as people write it: earliest, latest, an instant, or a time ago."""

from __future__ import annotations

import re

from sandbox.contracts.instants import parse_instant
from sandbox.errors import UsageError
from sandbox.kafka.reader import From

__all__ = ["begin_at"]

_AGO = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)(?: ago)?\Z")
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def begin_at(to: str, now_ms: int) -> From:
    """`earliest`, `latest`, `2024-12-03T10:00:00Z`, epoch milliseconds, or `10m`: the first record since then.

    Times are those of the records, so `now_ms` is real time. Raises UsageError.
    """
    if to == "earliest":
        return From()
    if to == "latest":
        return From(end=True)
    if ago := _AGO.match(to.strip()):
        return From(timestamp_ms=now_ms - round(float(ago[1]) * _UNITS_MS[ago[2]]))
    try:
        return From(timestamp_ms=parse_instant(to))
    except UsageError:
        raise UsageError(
            f"cannot begin at {to!r}",
            where="to",
            hint="earliest, latest, an instant as 2024-12-03T10:00:00Z, epoch milliseconds, or 10m for 10 minutes ago",
        ) from None
