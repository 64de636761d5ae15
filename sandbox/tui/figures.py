"""Numbers as people read them: short, and of a width that does not change with them."""

from __future__ import annotations

__all__ = ["bytes_text", "clock_text", "count_text", "duration_text", "percent_text", "rate_text", "span_text"]

_STEPS = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))


def count_text(number: float) -> str:
    """Whole: `1,240`, from a million on `12.3M`."""
    if number >= 10_000_000:
        size, unit = next(each for each in _STEPS if number >= each[0])
        return f"{number / size:.1f}{unit}"
    return f"{number:,.0f}"


def rate_text(per_s: float) -> str:
    """`0`, `0.4`, `12`, `1,240`."""
    if per_s <= 0:
        return "0"
    return f"{per_s:.1f}" if per_s < 9.95 else count_text(per_s)


def bytes_text(size: float) -> str:
    """`0 B`, `840 B`, `12.3 kB`, `1.2 MB`: decimal, as Kafka's own sizes."""
    for step, unit in _STEPS:
        if size >= step:
            return f"{size / step:.1f} {unit}B"
    return f"{size:.0f} B"


def percent_text(percent: float | None) -> str:
    """`61.2 %`; a dash where nothing was measured."""
    return "–" if percent is None else f"{percent:.1f} %"


def duration_text(took_ms: float | None) -> str:
    """How long something took: `4 ms`, `2.1 s`, `3m12s`."""
    if took_ms is None:
        return "–"
    if took_ms < 1_000:
        return f"{took_ms:.0f} ms"
    return f"{took_ms / 1000:.1f} s" if took_ms < 60_000 else span_text(took_ms)


def span_text(passed_ms: float) -> str:
    """A span of time in at most two units: `12s`, `3m12s`, `2h05m`, `3d04h`."""
    seconds = int(passed_ms // 1000)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3_600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    if seconds < 86_400:
        return f"{seconds // 3_600}h{seconds // 60 % 60:02}m"
    return f"{seconds // 86_400}d{seconds // 3_600 % 24:02}h"


def clock_text(at_ms: int) -> str:
    """Time of day in UTC with milliseconds: `12:03:04.125`."""
    in_day = at_ms % 86_400_000
    hours, minutes, seconds = in_day // 3_600_000, in_day // 60_000 % 60, in_day // 1000 % 60
    return f"{hours:02}:{minutes:02}:{seconds:02}.{in_day % 1000:03}"
