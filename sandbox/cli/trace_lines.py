"""One story as a tree of lines for people: when, who, what, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sandbox.events.facts import Fact, ScenarioFinished, ScenarioStarted
from sandbox.observe.deed import format_took
from sandbox.observe.span_tree import Span
from sandbox.observe.story_tree import Node, known_facts, rows_of, story_roots, story_tree

__all__ = ["trace_lines"]

Pieces = list[tuple[str, str]]
"""One line, each piece with its style: "", dim, bold, good, bad, warn or who."""
WHO_CHARS = 8
TOOK_CHARS = 9


def trace_lines(timeline: Mapping[str, Any], *, width: int, clip: bool) -> Iterator[Pieces]:
    """The lines of `GET /v1/traces/{id}`. Times are relative to the first line's; with `clip` no line is wider."""
    facts = list(known_facts(timeline["facts"]))
    roots = story_roots(facts)
    yield _head(timeline, facts, roots)
    first_ms = min((root.start_ms for root in roots), default=0.0)
    for trace_id, group in groupby(roots, key=lambda root: root.head.trace_id):
        of_trace = list(group)
        requests = dict.fromkeys(each.head.request_id for each in of_trace if each.head.request_id)
        yield [("", "")]
        yield [(" · ".join([f"trace {trace_id}" if trace_id else "without a trace", *requests]), "dim")]
        for prefix, node in rows_of([story_tree(root) for root in of_trace]):
            yield _line(node, prefix, node.start_ms - first_ms, width, clip)


def _head(timeline: Mapping[str, Any], facts: Sequence[Fact], roots: Sequence[Span]) -> Pieces:
    traces = len({root.head.trace_id for root in roots})
    counts = f"  {format_took(timeline['took_ms'])} · {len(facts)} facts · {traces} trace{'s' if traces != 1 else ''}"
    pieces = [(timeline["id"], "bold"), (counts, "")]
    for fact in facts:
        if isinstance(fact, ScenarioStarted):
            pieces.append((f" · scenario: {fact.scenario}", "dim"))
        elif isinstance(fact, ScenarioFinished):
            pieces.append((f" · {fact.outcome}", "good" if fact.outcome == "passed" else "bad"))
    return pieces


def _line(node: Node, prefix: str, since_ms: float, width: int, clip: bool) -> Pieces:
    deed = node.deed
    when, who = f"{max(0, round(since_ms)):>+8,} ms  ", f"{deed.who.upper():<{WHO_CHARS}} "
    room = width - TOOK_CHARS - 1 - len(when) - len(prefix) - len(who)
    what = "".join(each if each.isprintable() else repr(each)[1:-1] for each in deed.what)
    if clip and len(what) > room:
        what = what[: max(1, room - 1)] + "…"
    pieces = [(when, "dim"), (prefix, "dim"), (who, "who"), (what, "warn" if deed.bad else "")]
    if deed.took_ms is not None:
        pieces.append((f"{'':{max(0, room - len(what))}} {format_took(deed.took_ms):>{TOOK_CHARS}}", "dim"))
    return pieces
