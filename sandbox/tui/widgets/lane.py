"""A breaker's last minutes as a lane: one cell for each stretch of time, each state with its own fill."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from textual.content import Content

from sandbox.tui.signs import sign_of
from sandbox.tui.state import Segment

__all__ = ["FILLS", "lane"]

FILLS = {
    "CLOSED": "▂", "OPEN": "█", "FORCED_OPEN": "█", "HALF_OPEN": "▅", "DISABLED": "╌", "METRICS_ONLY": "▁",
}  # fmt: skip
"""Calm is low, trouble stands up: the lane can be read without its colours."""
_ORDER = ("CLOSED", "DISABLED", "METRICS_ONLY", "HALF_OPEN", "FORCED_OPEN", "OPEN")
"""Of the states within one cell the one that matters most is drawn: the last of these."""


def lane(segments: Sequence[Segment], until_ms: int, width: int, span_ms: int = 180_000) -> Content:
    """The `span_ms` before `until_ms` in `width` cells; blank where nothing is known. `segments` are oldest first.

    Cells lie at multiples of their length, so that the lane moves by whole cells and does not shimmer.
    """
    step_ms = max(1, span_ms // width)
    end_ms = (until_ms // step_ms + 1) * step_ms
    states = [
        _state_in(segments, end_ms - (width - place) * step_ms, end_ms - (width - place - 1) * step_ms, until_ms)
        for place in range(width)
    ]
    parts: list[tuple[str, str]] = []
    for state, run in groupby(states):
        count = sum(1 for _ in run)
        parts.append((" " * count, "") if state is None else (FILLS.get(state, "?") * count, sign_of(state).tone))
    return Content.assemble(*parts)


def _state_in(segments: Sequence[Segment], from_ms: int, to_ms: int, until_ms: int) -> str | None:
    """The state that matters most between the two instants."""
    found: str | None = None
    for place, each in enumerate(segments):
        ends_ms = segments[place + 1].from_ms if place + 1 < len(segments) else until_ms + 1
        if each.from_ms < to_ms and ends_ms > from_ms and (found is None or _weight(each.state) > _weight(found)):
            found = each.state
    return found


def _weight(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else 0
