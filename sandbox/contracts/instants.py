"""Points in time as the services exchange them: ISO-8601 text or epoch milliseconds in, ISO-8601 text out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sandbox.errors import UsageError

__all__ = ["format_instant", "parse_instant"]

FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""Years 1 to 9999."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"-?[0-9]{1,16}\Z")
INSTANT_MESSAGE = "must be an ISO-8601 instant or epoch milliseconds"


def parse_instant(value: str | int) -> int:
    """Epoch milliseconds of `2024-12-03T10:00:00Z`, `2024-12-03T11:00:00+01:00` or `1733220000000`.

    A text without an offset is UTC. Raises UsageError when it is neither form.
    """
    if isinstance(value, bool):
        raise UsageError(INSTANT_MESSAGE, where=repr(value))
    if isinstance(value, int):
        return value
    text = value.strip().replace(" ", "+") if "T" in value else value.strip()
    if _DIGITS.match(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(INSTANT_MESSAGE, where=repr(value), hint="for example 2024-12-03T10:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def format_instant(epoch_ms: int) -> str:
    """`1733220000000` → `2024-12-03T10:00:00Z`; milliseconds are shown only when there are any.

    A moment before year 1 or after year 9999, which has no text, is shown as the nearest one that has.
    """
    seconds, millis = divmod(min(max(epoch_ms, FIRST_MS), LAST_MS), 1000)
    text = _second(seconds)
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"


@lru_cache(maxsize=256)
def _second(epoch_s: int) -> str:
    return (_EPOCH + timedelta(seconds=epoch_s)).isoformat()[:19]
