"""One story as a tree of lines for people: when, who, what, and how long it took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sandbox.events.facts import (
    Fact,
    RecordConsumed,
    RecordProduced,
    ScenarioFinished,
    ScenarioStarted,
    WebSocketMessageSent,
    fact_from_json,
)
from sandbox.observe.deed import Deed, deed_of, format_took
from sandbox.observe.span_tree import Span, below, span_tree

__all__ = ["trace_lines"]

Pieces = list[tuple[str, str]]
"""One line, each piece with its style: "", dim, bold, good, bad, warn or who."""
WHO_CHARS = 8
TOOK_CHARS = 9


@dataclass(slots=True)
class Node:
    """A line of the tree and those below it."""

    start_ms: float
    deed: Deed
    below: list[Node] = field(default_factory=list)


def trace_lines(timeline: Mapping[str, Any], *, width: int, clip: bool) -> Iterator[Pieces]:
    """The lines of `GET /v1/traces/{id}`. Times are relative to the first line's; with `clip` no line is wider."""
    facts = list(_known(timeline["facts"]))
    roots = span_tree(fact for fact in facts if deed_of(fact) is not None)
    yield _head(timeline, facts, roots)
    first_ms = roots[0].start_ms if roots else 0.0
    for trace_id, group in groupby(_by_trace(roots), key=lambda root: root.head.trace_id):
        of_trace = list(group)
        requests = dict.fromkeys(each.head.request_id for each in of_trace if each.head.request_id)
        yield [("", "")]
        yield [(" · ".join([f"trace {trace_id}" if trace_id else "without a trace", *requests]), "dim")]
        for prefix, node in _rows([_node(root) for root in of_trace]):
            yield _line(node, prefix, node.start_ms - first_ms, width, clip)


def _known(facts: Iterable[Mapping[str, Any]]) -> Iterator[Fact]:
    """A newer engine may know kinds that this does not."""
    for data in facts:
        try:
            yield fact_from_json(data)
        except ValueError:
            continue


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


def _by_trace(roots: Sequence[Span]) -> list[Span]:
    """Traces in the order in which they began, each one's roots together."""
    begun: dict[str | None, float] = {}
    for root in roots:
        begun.setdefault(root.head.trace_id, root.start_ms)
    return sorted(roots, key=lambda root: (begun[root.head.trace_id], root.head.trace_id or "", root.start_ms))


def _node(root: Span) -> Node:
    """The lines of a span and of all below it."""
    made: dict[int, Node] = {}
    for span in reversed(list(below(root))):
        parts: list[Span | Fact] = sorted([*span.events, *span.children], key=_began)
        lines = [_line_of(list(alike), made) for _, alike in groupby(enumerate(parts), key=_alike)]
        made[id(span)] = _joined(Node(span.start_ms, _told(span.head), lines), span)
    return made[id(root)]


def _began(part: Span | Fact) -> float:
    return part.start_ms if isinstance(part, Span) else part.at_ms


def _alike(numbered: tuple[int, Span | Fact]) -> object:
    """Messages that went to one client, right after each other, share a line; nothing else does."""
    number, part = numbered
    return part.client if isinstance(part, WebSocketMessageSent) else number


def _line_of(numbered: Sequence[tuple[int, Span | Fact]], made: Mapping[int, Node]) -> Node:
    first = numbered[0][1]
    if isinstance(first, Span):
        return made[id(first)]
    if isinstance(first, WebSocketMessageSent):
        types = groupby(fact.type for _, fact in numbered if isinstance(fact, WebSocketMessageSent))
        counted = [(name, len(list(same))) for name, same in types]
        shown = ", ".join(name if count == 1 else f"{count} × {name}" for name, count in counted)
        return Node(first.at_ms, Deed(first.source, f"streamed {shown}", "streamed"))
    return Node(first.at_ms, _told(first))


def _told(fact: Fact) -> Deed:
    deed = deed_of(fact)
    assert deed is not None, "only facts that are worth a line come here"
    return deed


def _joined(node: Node, span: Span) -> Node:
    """A record that was handled by writing one other, which nobody here read, is one line."""
    if isinstance(span.head, RecordConsumed) and len(node.below) == 1 and len(span.children) == 1:
        (child,) = span.children
        if isinstance(child.head, RecordProduced) and not child.children and not child.events:
            deed = node.deed
            what = f"{deed.what}, {node.below[0].deed.what}"
            return Node(node.start_ms, Deed(deed.who, what, deed.alike, deed.took_ms, deed.bad))
    return node


def _rows(roots: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    """Each line with the glyphs before it."""
    waiting = [("", "", root) for root in reversed(roots)]
    while waiting:
        own, before, node = waiting.pop()
        yield own, node
        last = len(node.below) - 1
        for place in range(last, -1, -1):
            is_last = place == last
            glyph, stem = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            waiting.append((before + glyph, before + stem, node.below[place]))


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
