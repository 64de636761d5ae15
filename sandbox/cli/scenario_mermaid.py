"""A scenario as a Mermaid sequence diagram: who is asked what, in the order of the file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.scenarios.model.scenario import Scenario
    from sandbox.scenarios.steps.step import Part, Step

__all__ = ["mermaid_lines"]

WIDTH = 60
SAFE = " .,/()[]$_-=|'*+≥≤…·→:?!@"
"""Signs that mean nothing to Mermaid in a text."""
FRAMES = {"repeat": "loop", "when": "alt", "parallel": "par"}
"""Mermaid's frames for steps that hold steps; others are drawn as a rectangle with a note."""
HEADINGS = {"steady": "Must hold, before and after", "finally": "Whatever happened"}


def mermaid_lines(scenario: Scenario, names: Mapping[str, Any]) -> Iterator[str]:
    """`names` fill the templates, as far as they are known without a run."""
    from sandbox.scenarios.steps.step import PARTIES

    parties = {party for step in scenario.all_steps() for party in step.involves(names)}
    ordered = [party for party in PARTIES if party in parties or party == PARTIES[0]]
    yield "sequenceDiagram"
    yield f"    title {_text(scenario.scenario)}"
    for party in ordered:
        yield f"    participant {_id(party)} as {_label(party)}"
    drawing = _Drawing(names, f"{_id(ordered[0])},{_id(ordered[-1])}")
    for key, steps in scenario.lists.items():
        if steps and key in HEADINGS:
            yield f"    Note over {drawing.everybody}: {HEADINGS[key]}"
        for step in steps:
            yield from drawing.step(step, "    ")


class _Drawing:
    def __init__(self, names: Mapping[str, Any], everybody: str) -> None:
        self._names = names
        self.everybody = everybody

    def step(self, step: Step, indent: str) -> Iterator[str]:
        title = _text(step.title(dict(self._names)))
        if step.moment:
            title += _text(f", {step.moment.describe()}")
        if step.limit_s:
            title += f" within {step.limit_s:g} s"
        if step.parts():
            yield from self._frame(step, title, indent)
            return
        parties = [_id(party) for party in dict.fromkeys(step.involves(self._names))]
        if step.verb == "say":
            yield f"{indent}Note over {self.everybody}: {title}"
        elif len(parties) == 2:
            yield f"{indent}{parties[0]}->>{parties[1]}: {title}"
        else:
            yield f"{indent}Note over {parties[0]}: {title}"

    def _frame(self, step: Step, title: str, indent: str) -> Iterator[str]:
        frame, inner = FRAMES.get(step.verb), f"{indent}    "
        if frame is None:
            yield f"{indent}rect rgba(128, 128, 128, 0.12)"
            yield f"{inner}Note over {self.everybody}: {title}"
        else:
            yield f"{indent}{frame} {title}"
        if frame == "par":
            yield from self._branches(step, indent)
        else:
            for number, part in enumerate(step.parts()):
                if number:
                    yield f"{indent}else otherwise"
                yield from self._part(part, inner)
        yield f"{indent}end"

    def _part(self, part: Part, indent: str) -> Iterator[str]:
        for each in part.steps:
            yield from self.step(each, indent)

    def _branches(self, step: Step, indent: str) -> Iterator[str]:
        for number, each in enumerate(each for part in step.parts() for each in part.steps):
            if number:
                yield f"{indent}and beside it"
            yield from self.step(each, f"{indent}    ")


def _id(party: str) -> str:
    return party.replace("-", "_")


def _label(party: str) -> str:
    return {"scenario": "Scenario", "kafka": "Kafka", "schema-registry": "Schema Registry"}.get(party, party.upper())


def _text(text: str) -> str:
    """On lines of a readable width, with what Mermaid would take for its own written as character codes."""
    plain = " ".join(text.split())
    safe = "".join(each if each.isalnum() or each in SAFE else f"#{ord(each)};" for each in plain)
    lines = textwrap.wrap(safe, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "<br/>".join(lines)
