"""A story becomes rows with bars to scale, and the last stories can be chosen from and found."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.events.facts import FaultApplied, FaultRemoved, RequestServed, fact_from_json
from sandbox.tui.stories import Stories, find_identity
from sandbox.tui.waterfall import Hop, bar_of, fault_spans, waterfall
from tests.tui.canned import CannedClient
from tests.tui.canned_traces import FAULTS, OTHERS, STORY
from tests.tui.fake_feed import FakeFeed

TOLD = {"facts": sorted(STORY, key=lambda each: each["at_ms"]), "truncated": False}
SERVED = RequestServed(at_ms=0, source="capsule", method="GET", route="/r", path="/r", status=200, took_ms=1)


def hop(start_ms: float, took_ms: float | None) -> Hop:
    return Hop((), "", "capsule", "served", start_ms, took_ms, False, SERVED)


@pytest.mark.parametrize(
    ("start_ms", "took_ms", "drawn"),
    [
        (0, 100, "━━━━━━━━━━"), (20, 40, "  ━━━━    "), (25, 30, "  ╺━━╸    "), (50, 0.1, "     ╸    "),
        (99, 5, "         ╺"), (30, None, "   •      "), (100, None, "         •"), (-50, 100, "━━━━━     "),
        (120, 9, "          "),
    ],
)  # fmt: skip
def test_a_bar_is_to_scale_and_never_wider_than_its_place(start_ms: float, took_ms: float | None, drawn: str) -> None:
    assert bar_of(hop(start_ms, took_ms), 0, 100, 10) == drawn


def test_hops_stand_in_the_order_of_cause_and_effect_with_what_struck_them() -> None:
    shown = waterfall("corr-7f3c", TOLD, fault_spans([fact_from_json(each) for each in FAULTS]))
    assert (len(shown.hops), shown.facts, shown.traces, shown.end_ms - shown.start_ms) == (14, 15, 1, 604)
    assert shown.services == ("capsule", "audit", "odyssey", "plato")
    struck = [(each.who, each.fact.kind) for each in shown.hops if each.faults]
    assert struck == [("odyssey", "DownstreamCalled"), ("plato", "RequestServed")] * 2
    marks = {each.sign.mark: each.fact.kind for each in shown.hops if each.sign}
    assert marks["⊘"] == "CallNotPermitted" and marks["↻"] == "RetryScheduled"
    assert len({each.key for each in shown.hops}) == 14


def test_a_fault_that_was_over_has_struck_nothing_and_an_id_may_come_twice() -> None:
    about: dict[str, Any] = {"source": "plato", "fault_id": "f1"}
    begun = FaultApplied(at_ms=10, fault="http-status 503", target="plato", **about)
    spans = fault_spans(
        [begun, FaultRemoved(at_ms=20, hits=1, **about), FaultApplied(at_ms=90, fault="hang", target="plato", **about)]
    )
    assert [(each.text, each.from_ms, each.to_ms) for each in spans] == [
        ("http-status 503", 10, 20),
        ("hang", 90, None),
    ]
    late = RequestServed(at_ms=50, source="plato", method="GET", route="/", path="/", status=503, took_ms=9)
    assert not any(each.may_have_struck(late, 41, True) for each in spans)


def test_stories_are_told_by_what_began_them_newest_first_and_facts_count_once() -> None:
    stories = Stories()
    facts = [{"seq": number, **each} for number, each in enumerate((*OTHERS, *STORY), 1)]
    stories.take("e1", facts)
    stories.take("e1", facts)
    assert len(stories.lines) == 19
    story = stories.lines[-1]
    assert (story.id, story.who, story.what, story.facts) == (
        "corr-7f3c",
        "capsule",
        "served POST /api/v1/capsules → 202",
        15,
    )
    assert story.bad == 10
    stories.take("e2", [])
    assert stories.lines == []


def test_health_checks_are_no_stories_and_the_oldest_are_forgotten() -> None:
    stories = Stories()
    facts = [{**OTHERS[0], "seq": number, "at_ms": number, "correlation_id": f"c{number}"} for number in range(300)]
    stories.take("e1", [*facts, {**OTHERS[0], "seq": 300, "route": "/actuator/health", "correlation_id": "health"}])
    assert len(stories.lines) == 200 and stories.lines[0].id == "c299"


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("corr-7f3c", "corr-7f3c"), ("perception.events-4@828", "corr-7f3c"), ("unknown", "unknown"),
        ("0010c8e8-158c-4b1a-9c57-6c1de0f3a210", "corr-7f3c"),
        ("00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"),
    ],
)  # fmt: skip
async def test_a_story_is_found_by_what_is_in_it(text: str, identity: str) -> None:
    assert await find_identity(FakeFeed(client=CannedClient()), text) == identity
