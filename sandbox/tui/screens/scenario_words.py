"""Scenarios and steps as lines of text. Pure: what is drawn depends on what is given."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textual.content import Content

from sandbox.control.scenario_models import LibraryScenario
from sandbox.tui.figures import duration_text
from sandbox.tui.signs import sign_of
from sandbox.tui.state import RunLine, StepLine
from sandbox.tui.widgets.gauge import gauge

__all__ = ["about_lines", "caption_of", "explained_lines", "result_line", "step_lines", "taken"]

PARTS = (("steady", "must hold, before and after"), ("steps", "the story"), ("finally", "whatever happened"))


def about_lines(found: LibraryScenario, width: int) -> list[Content]:
    """Title, purpose and tags; why it cannot be read."""
    lines = [Content.styled(line, "bold $strong") for line in textwrap.wrap(found.title, width)]
    lines += [Content.styled(line, "$dim") for line in textwrap.wrap(found.purpose or "", width)]
    if found.trouble:
        lines += [Content.styled(line, "$bad") for line in found.trouble.splitlines()]
    if found.tags:
        lines.append(Content(""))
        lines.append(Content("  ").join([Content.styled(f"#{tag}", "$info") for tag in found.tags]))
    if not found.ships:
        lines.append(Content.styled(f"the project's own: {found.file}", "$dim"))
    return lines


def explained_lines(found: Mapping[str, Any], width: int) -> list[Content]:
    """The steps of an explained scenario as prose: captions stand out, steps inside steps are indented."""
    lines: list[Content] = []
    for part, heading in PARTS:
        if found.get(part):
            lines += [Content(""), Content.styled(heading, "bold $info")]
            lines += _prose(found[part], width, 0)
    return lines


def _prose(steps: Sequence[Mapping[str, Any]], width: int, depth: int) -> Iterator[Content]:
    inset = "  " * depth
    for step in steps:
        if step["verb"] == "say":
            yield Content("")
            yield from (
                Content.styled(f"{inset}{line}", "italic") for line in textwrap.wrap(step["title"], width - 2 * depth)
            )
            continue
        more = [step["begins"]] if step["begins"] else []
        more += [f"within {step['withinSeconds']:g} s"] if step["withinSeconds"] else []
        text = f"{step['title']}{', ' if more else ''}{', '.join(more)}"
        head = f"{inset}{step['path']:>3}  "
        first, *rest = textwrap.wrap(text, max(20, width - len(head))) or [""]
        yield Content.assemble((head, "$dim"), first)
        yield from (Content(" " * len(head) + line) for line in rest)
        for part in step["parts"]:
            if part["heading"]:
                yield Content.styled(f"{inset}     {part['heading']}", "$dim")
            yield from _prose(part["steps"], width, depth + 1)


def taken(step: StepLine, now_ms: int) -> Content:
    """How long it took; of one that runs how long it has, of how long it may."""
    if step.state != "running":
        return Content.styled(duration_text(step.took_ms) if step.number else "", "$dim")
    passed_ms = max(0.0, now_ms - step.started_ms)
    if not step.within_ms:
        return Content.styled(duration_text(passed_ms), "$info")
    text = f"{passed_ms / 1000:.1f} of {step.within_ms / 1000:.0f} s "
    return Content.assemble((text, "$info"), gauge(passed_ms, step.within_ms, 8, "$info"))


def step_lines(step: StepLine, width: int) -> list[Content]:
    """Everything about a step: where it stands, what came of it, and of one that failed what was found instead."""
    sign = sign_of(step.state)
    lines = [Content.styled(line, "bold") for line in textwrap.wrap(step.title, width)]
    place = f"step {step.path or step.number} · " if step.number else ""
    took = f" · {duration_text(step.took_ms)}" if step.took_ms is not None else ""
    lines.append(Content.assemble((f"{sign.mark} {sign.word}", sign.tone), (f" · {place}{step.where}{took}", "$dim")))
    failure = step.failure
    if failure:
        lines.append(Content(""))
        lines += _row("expected", failure.get("expected"), width, "")
        lines += _row("actual", failure.get("actual"), width, "$bad")
        evidence = failure.get("evidence")
        for label, text in evidence if isinstance(evidence, list) else ():
            lines += _row(label, text, width, "")
        lines += _row("hint", failure.get("hint"), width, "$warn")
    elif step.detail:
        lines += [Content.styled(line, "") for text in step.detail.splitlines() for line in textwrap.wrap(text, width)]
    return lines


def _row(label: Any, text: Any, width: int, tone: str) -> Iterator[Content]:
    for place, line in enumerate(
        line for each in str(text or "").splitlines() for line in textwrap.wrap(each, max(20, width - 10))
    ):
        yield Content.assemble((f"{label if place == 0 else '':<10}", "$dim"), (line, tone))


def result_line(run: RunLine) -> Content:
    """How a run stands, in one line."""
    sign = sign_of(run.state)
    if run.held is not None:
        return Content.assemble(("‖ waits ", "bold $warn"), ("before: ", "$dim"), run.held)
    if run.state == "running":
        return Content.assemble(
            (f"{sign.mark} step {min(run.done + 1, run.total)} of {run.total}", f"bold {sign.tone}")
        )
    failed = [step.path or str(step.number) for step in run.steps if step.state == "failed" and step.failure]
    where = f" at step {', '.join(failed)}" if failed else ""
    return Content.styled(f"{sign.mark} {sign.word}{where} in {duration_text(run.took_ms)}", f"bold {sign.tone}")


def caption_of(run: RunLine) -> str:
    """What was said last; before anything was, what the story is for."""
    said = [step.title for step in run.steps if step.number == 0]
    return said[-1] if said else run.purpose or run.scenario
