"""One story as a tree of lines: what somebody did, and below it what that caused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sandbox.events.facts import Fact, RecordConsumed, RecordProduced, WebSocketMessageSent, fact_from_json
from sandbox.observe.deed import Deed, deed_of
from sandbox.observe.span_tree import Span, below, span_tree

__all__ = ["Node", "known_facts", "rows_of", "story_roots", "story_tree"]


@dataclass(slots=True)
class Node:
    """A line of the tree and those below it. `fact` is what it tells of, or the first of several."""

    start_ms: float
    deed: Deed
    fact: Fact
    below: list[Node] = field(default_factory=list)


def known_facts(facts: Iterable[Mapping[str, Any]]) -> Iterator[Fact]:
    """A newer engine may know kinds that this does not."""
    for data in facts:
        try:
            yield fact_from_json(data)
        except ValueError:
            continue


def story_roots(facts: Iterable[Fact]) -> list[Span]:
    """What nothing else caused: traces in the order in which they began, each one's roots together."""
    roots = span_tree(fact for fact in facts if deed_of(fact) is not None)
    begun: dict[str | None, float] = {}
    for root in roots:
        begun.setdefault(root.head.trace_id, root.start_ms)
    return sorted(roots, key=lambda root: (begun[root.head.trace_id], root.head.trace_id or "", root.start_ms))


def story_tree(root: Span) -> Node:
    """The lines of a span and of all below it."""
    made: dict[int, Node] = {}
    for span in reversed(list(below(root))):
        parts: list[Span | Fact] = sorted([*span.events, *span.children], key=_began)
        lines = [_line_of(list(alike), made) for _, alike in groupby(enumerate(parts), key=_alike)]
        made[id(span)] = _joined(Node(span.start_ms, _told(span.head), span.head, lines), span)
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
        return Node(first.at_ms, Deed(first.source, f"streamed {shown}", "streamed"), first)
    return Node(first.at_ms, _told(first), first)


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
            return Node(node.start_ms, Deed(deed.who, what, deed.alike, deed.took_ms, deed.bad), node.fact)
    return node


def rows_of(roots: Sequence[Node]) -> Iterator[tuple[str, Node]]:
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
