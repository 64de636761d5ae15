"""A row of bars: how something went in the last looks."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

__all__ = ["bars", "sparkline"]

BARS = "▁▂▃▄▅▆▇█"


def bars(values: Sequence[float], width: int) -> str:
    """The last `2 × width` values, two to a bar, scaled to the greatest of them. Nothing at all is the lowest bar; a
    little is always more than nothing. What is not there yet is blank, on the left."""
    kept = list(values)[-2 * width :]
    pairs = [max(kept[place : place + 2]) for place in range(len(kept) % 2, len(kept), 2)]
    top = max(pairs, default=0.0)
    drawn = "".join(BARS[0] if value <= 0 else BARS[max(1, round(value / top * 7))] for value in pairs)
    return drawn.rjust(width)


def sparkline(values: Sequence[float], width: int, tone: str = "$spark") -> Content:
    """`bars` in a colour; quiet where nothing moves."""
    moved = any(value > 0 for value in list(values)[-2 * width :])
    return Content.styled(bars(values, width), tone if moved else "$faint")
