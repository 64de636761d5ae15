"""A story as a waterfall: one row a hop, in the order of cause and effect, with the times that make its bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.events.facts import (
    BreakerTransitioned,
    CallNotPermitted,
    DlqRecordWritten,
    Fact,
    FallbackUsed,
    FaultApplied,
    FaultRemoved,
    RetryScheduled,
    ScenarioFinished,
    ScenarioStarted,
)
from sandbox.observe.story_tree import known_facts, rows_of, story_roots, story_tree
from sandbox.tui.signs import Sign, sign_of

__all__ = ["FaultSpan", "Hop", "Waterfall", "bar_of", "fault_spans", "waterfall"]

SLOWING = ("latency", "hang", "slow", "edge-latency", "consumer-slow", "ws-stall")
"""What these faults do to a hop shows in its time alone."""
POINT = "•"
HALVES = {(False, False): " ", (True, False): "╸", (False, True): "╺", (True, True): "━"}
"""By whether a cell's left and right half belong to the bar."""


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """A fault that was in force on `target` from `from_ms` on; `to_ms` is None while it still is."""

    id: str
    text: str
    target: str
    from_ms: int
    to_ms: int | None = None

    def may_have_struck(self, fact: Fact, from_ms: float, is_bad: bool) -> bool:
        """Whether it was in force at that service during a hop that went wrong, or one that it makes slow."""
        overlaps = self.from_ms <= fact.at_ms and (self.to_ms is None or self.to_ms >= from_ms)
        named = {fact.source, getattr(fact, "target", fact.source)}
        concerned = any(name in self.target for name in named)
        return overlaps and concerned and (is_bad or self.text.startswith(SLOWING))


@dataclass(frozen=True, slots=True)
class Hop:
    """A row; `key` names it however the story grows.

    `who` did `what` from `start_ms` on (epoch). `stem` is the tree before it; `took_ms` None is a moment.
    """

    key: tuple[object, ...]
    stem: str
    who: str
    what: str
    start_ms: float
    took_ms: float | None
    is_bad: bool
    fact: Fact
    sign: Sign | None = None
    faults: tuple[FaultSpan, ...] = ()

    @property
    def end_ms(self) -> float:
        return self.start_ms + (self.took_ms or 0.0)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All of it. `end_ms` is when the last hop ended; `services` in the order of their first hop."""

    id: str
    hops: tuple[Hop, ...]
    facts: int
    traces: int
    is_cut: bool
    scenario: str = ""

    @property
    def start_ms(self) -> float:
        return min((hop.start_ms for hop in self.hops), default=0.0)

    @property
    def end_ms(self) -> float:
        return max((hop.end_ms for hop in self.hops), default=0.0)

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(hop.who for hop in self.hops))


def waterfall(identity: str, told: Mapping[str, Any], faults: Sequence[FaultSpan] = ()) -> Waterfall:
    """From the answer of `GET /v1/traces/{id}`."""
    facts = list(known_facts(told["facts"]))
    hops = []
    seen: Counter[tuple[object, ...]] = Counter()
    for stem, node in rows_of([story_tree(root) for root in story_roots(facts)]):
        deed, fact = node.deed, node.fact
        what = "".join(each if each.isprintable() else repr(each)[1:-1] for each in deed.what)
        alike = (fact.kind, fact.source, fact.trace_id, fact.span_id, fact.at_ms, what)
        seen[alike] += 1
        struck = tuple(each for each in faults if each.may_have_struck(fact, node.start_ms, deed.bad))
        hops.append(
            Hop(
                (*alike, seen[alike]), stem, deed.who, what, node.start_ms, deed.took_ms, deed.bad, fact,
                _sign(fact, deed.bad), struck,
            )
        )  # fmt: skip
    return Waterfall(
        identity,
        tuple(hops),
        len(facts),
        len({fact.trace_id for fact in facts if fact.trace_id}),
        bool(told.get("truncated")),
        _scenario(facts),
    )


def fault_spans(facts: Iterable[Fact]) -> list[FaultSpan]:
    """When faults were in force, from the facts of their beginnings and ends."""
    found: dict[str, FaultSpan] = {}
    for number, fact in enumerate(facts):
        if isinstance(fact, FaultApplied):
            if fact.fault_id in found:  # an id is free again once its fault is over
                found[f"{fact.fault_id} {number}"] = found.pop(fact.fault_id)
            found[fact.fault_id] = FaultSpan(fact.fault_id, fact.fault, fact.target, fact.at_ms)
        elif isinstance(fact, FaultRemoved) and fact.fault_id in found:
            begun = found[fact.fault_id]
            found[fact.fault_id] = FaultSpan(begun.id, begun.text, begun.target, begun.from_ms, fact.at_ms)
    return list(found.values())


def bar_of(hop: Hop, begin_ms: float, end_ms: float, width: int) -> str:
    """`   ╺━━━╸   ` to the scale of the time between, half a cell fine, cut at both ends; a moment is a point. Always
    `width` cells."""
    span = max(end_ms - begin_ms, 0.001)
    if width <= 0 or hop.end_ms < begin_ms or hop.start_ms > end_ms:
        return " " * width
    halves = 2 * width
    first = min(halves - 1, max(0, int((hop.start_ms - begin_ms) / span * halves)))
    if hop.took_ms is None:
        return (" " * (first // 2) + POINT).ljust(width)
    last = max(first + 1, min(halves, round((hop.end_ms - begin_ms) / span * halves)))
    cells = [HALVES[first <= 2 * cell < last, first <= 2 * cell + 1 < last] for cell in range(width)]
    return "".join(cells)


def _sign(fact: Fact, is_bad: bool) -> Sign | None:
    if isinstance(fact, CallNotPermitted):
        return Sign("⊘", "refused by the breaker", "$bad")
    if isinstance(fact, BreakerTransitioned):
        state = sign_of(fact.to_state)
        return Sign(state.mark, f"breaker {fact.to_state}", state.tone)
    if isinstance(fact, RetryScheduled):
        return Sign("↻", "tries again", "$warn")
    if isinstance(fact, DlqRecordWritten):
        return Sign("✗", "dead-lettered", "$bad")
    if isinstance(fact, FallbackUsed):
        return Sign("▲", "fell back", "$warn")
    return Sign("✗", "went wrong", "$bad") if is_bad else None


def _scenario(facts: Iterable[Fact]) -> str:
    name = outcome = ""
    for fact in facts:
        if isinstance(fact, ScenarioStarted):
            name = fact.scenario
        elif isinstance(fact, ScenarioFinished):
            outcome = f" · {fact.outcome}"
    return name + outcome if name else ""
