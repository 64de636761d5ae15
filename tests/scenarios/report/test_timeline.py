"""The picture of a run: what stands where."""

from itertools import pairwise
from typing import Any

import pytest

from sandbox.events.facts import Fact, FaultRemoved, StepFinished, StepStarted
from sandbox.scenarios.report.run_log import Told
from sandbox.scenarios.report.timeline import LEFT, WIDTH, Lane, Timeline
from tests.scenarios.report.conftest import at


def timeline(facts: list[Fact]) -> Timeline:
    return Timeline(Told.of(facts).runs[0])


def lane(picture: Timeline, name: str) -> Lane:
    return next(each for each in picture.lanes if each.name == name)


def part(x: float) -> float:
    """Of the run's time."""
    return (x - LEFT) / (WIDTH - 16 - LEFT)


def test_every_kind_of_thing_has_its_lane_and_lanes_do_not_overlap(story: list[Fact]) -> None:
    picture = timeline(story)
    assert [each.name for each in picture.lanes] == [
        "steps", "fault outage", "breaker odyssey/capsule", "rim.fast-path", "capsule.snapshots", "DLQ rim.fast-path",
        "requests 2xx", "requests 4xx", "requests 5xx", "calls not permitted", "fallbacks",
    ]  # fmt: skip
    edges = [(each.y, each.y + each.height) for each in picture.lanes]
    assert all(end == begin for (_, end), (begin, _) in pairwise(edges))
    assert picture.height == edges[-1][1]


def test_a_breaker_is_a_row_of_states_with_letters_from_the_start_to_the_end(story: list[Fact]) -> None:
    bars = lane(timeline(story), "breaker odyssey/capsule").bars
    assert [bar.text[0] for bar in bars] == ["C", "O", "H", "O"]
    assert part(bars[0].x) == 0 and part(bars[1].x) == pytest.approx(1_000 / 4_100, abs=0.001)
    assert part(bars[-1].x + bars[-1].width) == pytest.approx(1, abs=0.001)
    assert bars[1].title == "OPEN for 2.00 s" and bars[2].shown == "H"


def test_a_fault_lasts_until_it_is_removed_or_to_the_end(story: list[Fact]) -> None:
    (bar,) = lane(timeline(story), "fault outage").bars
    assert part(bar.x) == pytest.approx(510 / 4_100, abs=0.001)
    assert part(bar.x + bar.width) == pytest.approx(3_500 / 4_100, abs=0.001)
    (bar,) = lane(timeline([each for each in story if not isinstance(each, FaultRemoved)]), "fault outage").bars
    assert part(bar.x + bar.width) == pytest.approx(1, abs=0.001) and bar.title.endswith("until the end")


def test_rates_are_counted_exactly_and_skipped_steps_take_no_room(story: list[Fact]) -> None:
    picture = timeline(story)
    assert lane(picture, "rim.fast-path").note == "20 records, ≤ 10/s"
    assert [bar.text for bar in lane(picture, "steps").bars] == ["1", "3"]
    assert [round(part(x), 3) for x in picture.failures] == [round(4_000 / 4_100, 3)]


def test_many_topics_share_a_lane_and_many_marks_become_one(story: list[Fact]) -> None:
    from sandbox.events.facts import RecordProduced, RequestServed

    record: Any = {"partition": 0, "offset": 0, "size_bytes": 1}
    many = [at(10, "scenario", RecordProduced, topic=f"t{n}", **record) for n in range(12)]
    served: Any = {"method": "GET", "route": "/x", "path": "/x", "status": 200, "took_ms": 1.0}
    calls = [at(10, "capsule", RequestServed, **served) for _ in range(500)]
    picture = timeline([story[0], *many, *calls, story[-1]])
    assert [each.name for each in picture.lanes if each.kind == "rate"][-1] == "4 more topics"
    (mark,) = lane(picture, "requests 2xx").marks
    assert mark.title.count("\n") == 12 and mark.title.endswith("and 488 more")


def test_a_run_that_took_no_time_can_be_drawn(story: list[Fact]) -> None:
    picture = timeline(story[:1])
    assert picture.height > 0 and picture.ticks[0] == (LEFT, "0 s")


def test_steps_inside_steps_stand_below_and_do_not_cover_each_other(story: list[Fact]) -> None:
    def step(kind: type[Fact], ms: int, path: str, **more: Any) -> Fact:
        about = {"run": "run-1", "number": 1, "path": path, "title": path, "where": f"s.yaml:{path}"}
        return at(ms, "scenario", kind, **about, **more)

    done: Any = {"outcome": "passed", "took_ms": 1.0}
    facts = [
        story[0], step(StepStarted, 0, "1"), step(StepStarted, 100, "1.1"), step(StepStarted, 200, "1.2"),
        step(StepFinished, 900, "1.1", **done), step(StepStarted, 900, "1.3"), step(StepFinished, 1_000, "1.2", **done),
        step(StepFinished, 1_000, "1.3", **done), step(StepFinished, 1_000, "1", **done), story[-1],
    ]  # fmt: skip
    steps, first, second, *_ = timeline(facts).lanes
    assert [bar.text for bar in steps.bars] == ["1"] and [bar.text for bar in first.bars] == ["1.1", "1.3"]
    assert [bar.text for bar in second.bars] == ["1.2"] and first.name == "inside them"
    assert part(first.bars[0].x) == pytest.approx(100 / 4_100, abs=0.001), "where it began, not its end less its time"
