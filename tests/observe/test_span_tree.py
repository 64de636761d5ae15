from __future__ import annotations

from sandbox.events.facts import BreakerTransitioned, DownstreamCalled, Fact, RecordConsumed, RequestServed
from sandbox.observe.span_tree import Span, span_tree


def served(span: str, parent: str | None = None, *, at_ms: int, took_ms: float = 0.0, trace: str = "t") -> Fact:
    return RequestServed(
        at_ms=at_ms, source="capsule", method="GET", route="/", path="/", status=200, took_ms=took_ms,
        trace_id=trace, span_id=span, parent_span_id=parent,
    )  # fmt: skip


def shape(spans: list[Span]) -> list[object]:
    return [(span.head.span_id, shape(span.children)) if span.children else span.head.span_id for span in spans]


def test_a_span_stands_below_the_one_that_caused_it_by_start() -> None:
    facts = [
        served("late", "root", at_ms=90, took_ms=5),
        served("early", "root", at_ms=95, took_ms=80),
        served("grandchild", "early", at_ms=50),
        served("root", at_ms=100, took_ms=100),
    ]
    assert shape(span_tree(facts)) == [("root", [("early", ["grandchild"]), "late"])]


def test_what_took_longest_tells_of_its_span_and_the_rest_happened_within_it() -> None:
    about = {"source": "odyssey", "trace_id": "t", "span_id": "s"}
    facts: list[Fact] = [
        BreakerTransitioned(at_ms=60, breaker="capsule", from_state="CLOSED", to_state="OPEN", **about),
        RecordConsumed(
            at_ms=100, group="g", topic="t", partition=0, offset=0, outcome="processed", took_ms=90.0, **about
        ),
    ]
    (span,) = span_tree(facts)
    assert (span.head, span.events, span.start_ms) == (facts[1], [facts[0]], 10.0)


def test_a_cause_is_never_later_than_its_effect() -> None:
    facts = [served("root", at_ms=50), served("child", "root", at_ms=70), served("grandchild", "child", at_ms=40)]
    (root,) = span_tree(facts)
    assert (root.start_ms, root.children[0].start_ms, root.children[0].children[0].start_ms) == (40, 40, 40)


def test_a_cause_that_nobody_told_of_leaves_its_effects_as_roots() -> None:
    facts = [served("b", "gone", at_ms=20), served("a", "gone", at_ms=10)]
    assert shape(span_tree(facts)) == ["a", "b"]


def test_a_fact_without_a_span_stands_alone() -> None:
    facts = [
        served("a", at_ms=10),
        DownstreamCalled(at_ms=5, source="odyssey", target="plato", method="GET", url="http://h/", took_ms=1.0),
    ]
    assert [span.head for span in span_tree(facts)] == [facts[1], facts[0]]


def test_the_same_span_id_in_two_traces_is_two_spans() -> None:
    facts = [served("a", at_ms=1, trace="t1"), served("b", "a", at_ms=2, trace="t2")]
    assert shape(span_tree(facts)) == ["a", "b"]


def test_ids_that_go_round_in_a_circle_lose_nothing() -> None:
    facts = [served("a", "b", at_ms=1), served("b", "a", at_ms=2), served("own", "own", at_ms=3)]
    found: list[str | None] = []
    waiting = span_tree(facts)
    while waiting:
        span = waiting.pop()
        found.append(span.head.span_id)
        waiting += span.children
    assert sorted(found) == ["a", "b", "own"]
