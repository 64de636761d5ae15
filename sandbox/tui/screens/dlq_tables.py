"""The columns of the two tables of dead letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from sandbox.tui.figures import clock_text, count_text
from sandbox.tui.letters import Group, Letter
from sandbox.tui.signs import sign_of
from sandbox.tui.widgets.sparkline import sparkline
from sandbox.tui.widgets.table import Column

__all__ = ["group_columns", "letter_columns"]


def group_columns(rates: Callable[[Group], Sequence[float]]) -> list[Column[Group]]:
    """`rates` are the letters written lately, where they are known."""
    return [
        Column("group", _title, 20, grow=1),
        Column("", lambda group, width: _spark(rates(group), width), 8, drop=1),
        Column("pending", lambda group, _: _count(group.pending, "$warn"), 7, right=True),
        Column("all", lambda group, _: _count(group.total, "$dim"), 5, right=True),
    ]


def letter_columns() -> list[Column[Letter]]:
    """A place for the mark before the first."""
    return [
        Column(" status", _status, 11),
        Column("time", lambda letter, _: Content.styled(clock_text(letter.at_ms), "$dim"), 12, drop=2),
        Column("key", lambda letter, _: letter.key or Content.styled("no key", "$dim"), 12, grow=3, keep_end=True),
        Column("group", lambda letter, _: Content.styled(letter.group, "$dim"), 10, grow=1, drop=3),
        Column("retries", lambda letter, _: _count(letter.retries, ""), 7, right=True, drop=4),
        Column("replays", lambda letter, _: _count(letter.replays, ""), 7, right=True, drop=1),
    ]


def _title(group: Group, _: int) -> Content:
    depth = len(group.path)
    if depth == 0:
        return Content.styled("all topics", "bold")
    tone = ("", "bold", "", "$dim")[depth]
    return Content.assemble("  " * (depth - 1), (group.title or "no type", tone))


def _status(letter: Letter, _: int) -> Content:
    sign = sign_of(letter.status)
    return Content.styled(f" {sign.mark} {sign.word.lower()}", sign.tone)


def _spark(rates: Sequence[float], width: int) -> Content:
    return sparkline(rates, width, "$warn") if rates else Content("")


def _count(count: int, tone: str) -> Content:
    return Content.styled(count_text(count), tone if count else "$faint")
