"""The overview's panels as lines of a given width. Pure: what is drawn depends on the snapshot and the width alone."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sandbox.tui.figures import count_text, duration_text, percent_text, rate_text, span_text
from sandbox.tui.screens.scenario_words import taken
from sandbox.tui.signs import sign_of
from sandbox.tui.state import BreakerLine, ComponentLine, DeadLetterLine, FaultLine, LimitLine, RunLine, Snapshot
from sandbox.tui.widgets.gauge import gauge
from sandbox.tui.widgets.lane import lane
from sandbox.tui.widgets.sparkline import sparkline

__all__ = ["breaker_lines", "fault_lines", "letter_lines", "limit_lines", "service_lines", "story_lines"]

CLASS_ORDER = ("query", "command", "admin")


def service_lines(now: Snapshot, width: int) -> list[Content]:
    """The services with what they are asked for, then everything else that runs, with its sign."""
    if not now.components:
        return [Content.styled("nothing is known yet", "$dim")]
    spark = max(6, min(40, width - 52))
    lines = []
    for each in now.services:
        sign = sign_of(each.state)
        errors = "$bad" if each.error_percent >= 1 else "$dim"
        lines.append(
            Content.assemble(
                (f"{sign.mark} ", sign.tone),
                (f"{each.name.upper():<8}", "bold"),
                f"{rate_text(each.rate):>7}/s  ",
                sparkline(each.rates, spark),
                ("  err ", "$dim"),
                (f"{percent_text(each.error_percent if each.requests else None):>7}", errors),
                ("  p95 ", "$dim"),
                f"{duration_text(each.p95_ms):>7}",
            )
        )
        if each.state not in ("ready",) and each.detail:
            lines.append(Content.styled(f"  {sign.word}: {each.detail}", sign.tone))
    served = {each.name for each in now.services}
    others = [each for each in now.components if each.name not in served]
    lines.append(_signs(others))
    lines += [
        Content.styled(f"  {each.name} {each.state}: {each.detail}", sign_of(each.state).tone)
        for each in others
        if each.state not in ("ready", "stopped") and each.detail
    ]
    return lines


def _signs(components: Sequence[ComponentLine]) -> Content:
    parts = []
    for each in components:
        sign = sign_of(each.state)
        word = "" if each.state == "ready" else f" {sign.word}"
        parts.append(Content.assemble((f"{sign.mark} ", sign.tone), each.name, (word, sign.tone)))
    return Content("   ").join(parts)


def limit_lines(limits: Sequence[LimitLine], width: int, most: int = 3) -> list[Content]:
    """The fullest windows."""
    bar = max(8, min(24, width - 52))
    lines = []
    for each in sorted(limits, key=lambda line: -(line.used / line.limit if line.limit else 1.0))[:most]:
        client = each.client.removeprefix("address:")
        lines.append(
            Content.assemble(
                ("limit ", "$dim"),
                f"{each.service.upper():<8}{each.kind:<8}",
                gauge(each.used, each.limit, bar),
                f" {each.used:>5}/{each.limit:<5}",
                (f"{each.left_s:>4.0f} s  {client}", "$dim"),
            )
        )
    return lines


def breaker_lines(breakers: Sequence[BreakerLine], now_ms: int, width: int, height: int) -> list[Content]:
    """Two lines each, name and lane; where there is no room for that, one."""
    if not breakers:
        return [Content.styled("no service has a circuit breaker here", "$dim")]
    one_line = height < 2 * len(breakers)
    lines = []
    for each in breakers:
        sign = sign_of(each.state)
        head = Content.assemble(
            (f"{sign.mark} ", sign.tone), (f"{each.name:<16}", "bold"), (f"{sign.word:<12}", sign.tone), _doing(each)
        )
        if one_line:
            room = width - head.cell_length - 2
            lines.append(Content.assemble(head, "  ", lane(each.lane, now_ms, room)) if room >= 12 else head)
            continue
        rates = _rates(each, width - head.cell_length - 2)
        lines.append(Content.assemble(head, " " * (width - head.cell_length - rates.cell_length), rates))
        refused = f"{count_text(each.not_permitted)} not permitted"
        tone = "$warn" if each.not_permitted else "$dim"
        room = max(10, width - 20 - 2)
        lines.append(Content.assemble("  ", lane(each.lane, now_ms, room), (f"{refused:>20}", tone)))
    return lines


def _doing(each: BreakerLine) -> Content:
    if each.wait_left_s is not None:
        return Content.assemble(("half-open in ", "$dim"), (f"{each.wait_left_s:>4.1f} s", "$warn"))
    if each.state == "HALF_OPEN":
        return Content.styled(f"{each.calls} probe{'' if each.calls == 1 else 's'}, {each.failed} failed", "$dim")
    return Content.styled(f"{each.failed} of {each.calls} failed", "$dim")


def _rates(each: BreakerLine, room: int) -> Content:
    """What there is room for."""
    fail = "$bad" if (each.failure_rate or 0) >= each.failure_threshold else ""
    slow = "$bad" if (each.slow_rate or 0) >= each.slow_threshold else ""
    failing = Content.assemble(("fail ", "$dim"), (f"{percent_text(each.failure_rate):>7}", fail))
    slowly = Content.assemble(("  slow ", "$dim"), (f"{percent_text(each.slow_rate):>7}", slow))
    if room >= failing.cell_length + slowly.cell_length:
        return Content.assemble(failing, slowly)
    return failing if room >= failing.cell_length else Content("")


def story_lines(run: RunLine | None, now_ms: int, width: int, height: int) -> list[Content]:
    """The steps around the one that runs; without a run, what would make one."""
    if run is None:
        return [Content.assemble(("no story has run; ", "$dim"), ("4", "$info"), (" chooses one", "$dim"))]
    steps = list(run.steps)
    shown = steps[-max(1, height - 1) :]
    lines = []
    for step in shown:
        sign = sign_of(step.state)
        if not step.number:
            lines.append(Content.styled(f"  {step.title}", "italic $dim").truncate(width, ellipsis=True))
            continue
        right = taken(step, now_ms)
        inset = "  " * step.path.count(".")
        room = width - right.cell_length - 3 - len(inset)
        title = Content(step.title).truncate(room, ellipsis=True)
        lines.append(
            Content.assemble(
                inset, (f"{sign.mark} ", sign.tone), title, " " * max(1, room + 1 - title.cell_length), right
            )
        )
    left = run.total - run.done - sum(1 for step in steps if step.number and not step.path and step.state == "running")
    if run.state == "running":
        lines.append(Content.styled(f"· {left} more to come" if left > 0 else "· the last one", "$dim"))
    else:
        sign = sign_of(run.state)
        lines.append(Content.styled(f"{sign.mark} {sign.word} in {duration_text(run.took_ms)}", f"bold {sign.tone}"))
    return lines


def letter_lines(letters: Sequence[DeadLetterLine], width: int) -> list[Content]:
    """The topics with dead letters, the deepest first."""
    found = sorted((each for each in letters if each.total or each.depth), key=lambda each: (-each.depth, each.topic))
    if not found:
        return [Content.assemble(("● ", "$good"), ("no dead letters", "$dim"))]
    lines = []
    for each in found:
        tone = "$warn" if each.depth else "$dim"
        kinds = "  ".join(f"{count} {name}" for name, count in each.categories)
        lines.append(
            Content.assemble(
                (f"{each.dlq_topic:<26}", "" if each.depth else "$dim"),
                (f"{count_text(each.depth):>5} pending", tone),
                *(("  ", sparkline(each.rates, 8, "$warn")) if width >= 80 else ()),
                (f"  {kinds}", "$dim"),
            ).truncate(width, ellipsis=True)
        )
    return lines


def fault_lines(faults: Sequence[FaultLine], width: int) -> list[Content]:
    if not faults:
        return [
            Content.assemble(("nothing goes wrong on purpose; ", "$dim"), ("6", "$info"), (" adds a fault", "$dim"))
        ]
    lines = []
    for each in faults:
        left = "until removed" if each.left_s is None else f"{span_text(each.left_s * 1000)} left"
        right = f"{count_text(each.hits)} hits  {left:>13}"
        text = Content.assemble(("⚑ ", "$warn"), (each.on, "bold"), f"  {each.text}")
        room = width - len(right) - 2
        short = text.truncate(room, ellipsis=True)
        lines.append(Content.assemble(short, " " * (room + 2 - short.cell_length), (right, "$dim")))
    return lines
