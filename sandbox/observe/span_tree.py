"""The facts of one story as the tree that their span ids make: who caused what.

A span is one piece of work: a request served, a call made, a record written or handled, a plan's run. Its facts carry
one `span_id`; the span that caused it is their `parent_span_id` (W3C Trace Context). What carries no span stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.events.facts import Fact

__all__ = ["Span", "below", "span_tree"]


@dataclass(slots=True)
class Span:
    """`head` tells of the work as a whole, `events` are its other facts. Both, and `children`, are ordered by start."""

    head: Fact
    start_ms: float
    events: list[Fact] = field(default_factory=list)
    children: list[Span] = field(default_factory=list)


def span_tree(facts: Iterable[Fact]) -> list[Span]:
    """The roots, ordered by start: spans whose cause is not among `facts`."""
    grouped: dict[tuple[str | None, str], list[Fact]] = {}
    roots: list[Span] = []
    for fact in facts:
        if fact.span_id is None:
            roots.append(Span(fact, start_of(fact)))
        else:
            grouped.setdefault((fact.trace_id, fact.span_id), []).append(fact)
    spans = {identity: _span(each) for identity, each in grouped.items()}
    for span in spans.values():
        parent = _cause(span, spans)
        if parent is None or _is_below(parent, span, spans):
            roots.append(span)
        else:
            parent.children.append(span)
    for span in reversed(list(below(*roots))):
        # A cause is never later than its effect: a record may be handled before its writer hears that it is there.
        span.start_ms = min([span.start_ms, *(each.start_ms for each in span.children)])
        span.children.sort(key=lambda each: each.start_ms)
    return sorted(roots, key=lambda each: each.start_ms)


def below(*roots: Span) -> Iterator[Span]:
    """Every span of the trees, each before those that it caused; a loop, since stories may go deeper than a stack."""
    waiting = list(roots)
    while waiting:
        span = waiting.pop()
        yield span
        waiting += span.children


def start_of(fact: Fact) -> float:
    """A fact that tells how long something took is recorded at its end."""
    return fact.at_ms - (getattr(fact, "took_ms", None) or 0.0)


def _span(facts: list[Fact]) -> Span:
    """The fact that took longest encloses the others; without one, the first."""
    head = max(facts, key=lambda each: getattr(each, "took_ms", None) or 0.0)
    events = sorted((each for each in facts if each is not head), key=lambda each: each.at_ms)
    return Span(head, min(start_of(head), *(start_of(each) for each in events)) if events else start_of(head), events)


def _cause(span: Span, spans: Mapping[tuple[str | None, str], Span]) -> Span | None:
    return spans.get((span.head.trace_id, span.head.parent_span_id or ""))


def _is_below(span: Span, ancestor: Span, spans: Mapping[tuple[str | None, str], Span]) -> bool:
    """Whether ids go round in a circle, which only a caller that reuses them can bring about."""
    seen: set[int] = set()
    while span is not ancestor:
        seen.add(id(span))
        parent = _cause(span, spans)
        if parent is None or id(parent) in seen:
            return False
        span = parent
    return True
