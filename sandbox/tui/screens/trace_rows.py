"""How the hops and the stories of the Trace page look."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from textual.content import Content

from sandbox.tui.figures import clock_text, count_text, duration_text
from sandbox.tui.stories import StoryLine
from sandbox.tui.waterfall import Hop, Waterfall, bar_of
from sandbox.tui.widgets.table import Column

__all__ = ["head_line", "hop_columns", "hop_lines", "story_columns"]

TONES = ("$info", "$good", "$accent", "$secondary", "$strong")
NAME_CHARS = 14
OMITTED = ("at_ms", "source", "took_ms")


def hop_columns(shown: Waterfall, begin_ms: float, end_ms: float) -> list[Column[Hop]]:
    """Bars to the scale from `begin_ms` to `end_ms`."""
    tones = {who: TONES[place % len(TONES)] for place, who in enumerate(shown.services)}
    who_chars = min(15, max([7, *(len(who) for who in shown.services)]))
    return [
        Column("service", lambda hop, _: Content.styled(hop.who.upper(), tones[hop.who]), who_chars),
        Column("", _marks, 3),
        Column("what", _what, 24, grow=5),
        Column(
            "", lambda hop, width: Content.styled(bar_of(hop, begin_ms, end_ms, width), _bar_tone(hop, tones)), 14,
            grow=4, drop=2,
        ),
        Column("at", lambda hop, _: Content.styled(f"+{_ms(hop.start_ms - shown.start_ms)}", "$dim"), 9, True, drop=3),
        Column("took", _took, 8, True),
    ]  # fmt: skip


def story_columns() -> list[Column[StoryLine]]:
    return [
        Column("time", lambda line, _: Content.styled(clock_text(line.begun_ms), "$dim"), 12),
        Column("service", lambda line, _: Content.styled(line.who.upper(), "$info"), 9),
        Column("began with", lambda line, _: line.what, 22, grow=5),
        Column("id", lambda line, _: Content.styled(line.id, "$dim"), 12, grow=3, drop=2),
        Column("facts", lambda line, _: count_text(line.facts), 5, True),
        Column("wrong", lambda line, _: Content.styled(f"✗ {line.bad}", "$bad") if line.bad else "", 6, True),
        Column("took", lambda line, _: Content.styled(_ms(line.last_ms - line.begun_ms), "$dim"), 8, True, drop=1),
    ]


def head_line(shown: Waterfall, *, growing: bool) -> Content:
    """What it is, how long it took, and what struck it."""
    parts = [Content.assemble((shown.id, "bold"))]
    parts.append(Content(duration_text(shown.end_ms - shown.start_ms)))
    parts.append(Content.styled(f"{count_text(shown.facts)} facts", "$dim"))
    if shown.traces > 1:
        parts.append(Content.styled(f"{shown.traces} traces", "$dim"))
    wrong = sum(hop.is_bad for hop in shown.hops)
    parts.append(
        Content.styled(f"✗ {wrong} went wrong", "$bad") if wrong else Content.styled("✓ nothing went wrong", "$good")
    )
    if faults := {fault.id: fault.text for hop in shown.hops for fault in hop.faults}:
        parts.append(Content.styled("⚑ " + ", ".join(faults.values()), "$warn"))
    if shown.scenario:
        parts.append(Content.styled(f"▣ {shown.scenario}", "$dim"))
    if shown.is_cut:
        parts.append(Content.styled("only the first facts", "$warn"))
    if growing:
        parts.append(Content.styled("▶ growing", "$info"))
    return Content.styled("  ·  ", "$faint").join(parts)


def hop_lines(hop: Hop, shown: Waterfall) -> list[Content]:
    """Everything about one hop."""
    tone = "$bad" if hop.is_bad else ""
    lines = [Content.assemble((hop.who.upper(), "bold $info"), " ", (hop.what, f"bold {tone}"))]
    if hop.sign is not None:
        lines.append(Content.styled(f"{hop.sign.mark} {hop.sign.word}", hop.sign.tone))
    for fault in hop.faults:
        lines.append(Content.styled(f"⚑ {fault.text} was in force on {fault.target} ({fault.id})", "$warn"))
    lines.append(Content(""))
    since = f"+{_ms(hop.start_ms - shown.start_ms)}"
    lines.append(_named("began", f"{clock_text(round(hop.start_ms))}  {since}"))
    if hop.took_ms is not None:
        lines.append(_named("took", duration_text(hop.took_ms)))
    lines.append(_named("fact", hop.fact.kind))
    for each in fields(hop.fact):
        value: Any = getattr(hop.fact, each.name)
        if value is not None and each.name not in OMITTED:
            lines.append(_named(each.name, str(value)))
    return lines


def _named(name: str, value: str) -> Content:
    return Content.assemble((f"{name:<{NAME_CHARS}}  ", "$dim"), value)


def _marks(hop: Hop, _: int) -> Content:
    sign = (hop.sign.mark, hop.sign.tone) if hop.sign is not None else (" ", "")
    return Content.assemble(sign, ("⚑", "$warn") if hop.faults else (" ", ""))


def _what(hop: Hop, _: int) -> Content:
    return Content.assemble(
        (hop.stem, "$faint"), (hop.what, hop.sign.tone if hop.sign is not None and hop.is_bad else "")
    )


def _took(hop: Hop, _: int) -> Content:
    return Content("") if hop.took_ms is None else Content(_ms(hop.took_ms))


def _ms(ms: float) -> str:
    """Milliseconds below ten with a decimal: hops of a sandbox are short."""
    return f"{ms:.1f} ms" if 0 < ms < 9.95 else duration_text(ms)


def _bar_tone(hop: Hop, tones: dict[str, str]) -> str:
    return "$bad" if hop.is_bad else tones[hop.who]
