from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario

STORY = """
scenario: s
vars: {id: req-1}
steps:
  - trace: "{{ id }}"
    contains: [capsule, odyssey]
    within: 3s
"""


def facts(*told: str) -> list[dict[str, str]]:
    return [dict(zip(("source", "kind"), each.split(), strict=True)) for each in told]


async def test_services_that_worked_under_an_id_are_found(world: Any, play: Any) -> None:
    world.traces["req-1"] = facts("scenario RecordProduced", "odyssey RecordConsumed", "capsule RecordConsumed")
    result = await play(STORY)
    assert result.outcome == "passed" and result.took_ms == 0
    assert result.steps[0].title == "trace req-1 contains capsule, odyssey"
    assert result.steps[0].detail == "3 facts by scenario, odyssey, capsule"


async def test_it_waits_until_all_have(world: Any, play: Any) -> None:
    world.traces["req-1"] = facts("capsule RecordConsumed")
    late = {2.0: lambda: world.traces["req-1"].extend(facts("odyssey RequestServed"))}
    result = await play(STORY, at=late)
    assert result.outcome == "passed" and 2000 <= result.took_ms <= 2600


async def test_a_failure_shows_who_did_what(world: Any, play: Any) -> None:
    world.traces["req-1"] = facts("scenario RecordProduced", "capsule RecordConsumed", *["capsule RequestServed"] * 2)
    result = await play(STORY)
    assert result.steps[0].failure.lines() == [
        "expected  capsule, odyssey under req-1",
        "actual    scenario, capsule after 3s",
        "scenario  RecordProduced",
        "capsule   RecordConsumed · RequestServed 2×",
    ]
    world.traces.clear()
    assert (await play(STORY)).steps[0].failure.actual == "nothing is known of it after 3s"


def test_it_needs_somebody_to_look_for() -> None:
    with pytest.raises(InvalidFile, match="at least one entry"):
        read_scenario(STORY.replace("[capsule, odyssey]", "[]"), "s.yaml")


def spans(*told: str) -> list[dict[str, object]]:
    """`source at_ms span parent` each."""
    rows = [each.split() for each in told]
    return [
        {
            "source": source,
            "kind": "RecordConsumed",
            "at_ms": int(at),
            "trace_id": "t",
            "span_id": span,
            "parent_span_id": parent,
        }
        for source, at, span, parent in rows
    ]


async def test_the_order_in_which_they_began_can_be_asked(world: Any, play: Any) -> None:
    world.traces["req-1"] = spans("odyssey 5 b a", "capsule 3 c a")
    result = await play(STORY.replace("within", "in-order: true\n    within"))
    assert result.outcome == "passed"
    result = await play(STORY.replace("[capsule, odyssey]", "[odyssey, capsule]\n    in-order: true"))
    assert result.steps[0].failure.lines()[:2] == [
        "expected  odyssey, then capsule under req-1", "actual    capsule, odyssey, in this order after 3s",
    ]  # fmt: skip


async def test_a_span_whose_cause_is_not_known_is_a_gap(world: Any, play: Any) -> None:
    complete = STORY.replace("within", "complete: true\n    within")
    world.traces["req-1"] = spans("capsule 1 b a", "odyssey 2 c b")
    assert (await play(complete)).outcome == "passed"
    world.traces["req-1"] = spans("capsule 1 b a", "odyssey 2 c lost")
    result = await play(complete)
    assert result.steps[0].failure.actual == "no cause is known of what odyssey did after 3s"


async def test_a_cause_comes_before_its_effect_though_its_writer_hears_of_it_later(world: Any, play: Any) -> None:
    world.traces["req-1"] = spans("capsule 3 b a", "scenario 5 a none", "odyssey 4 c b")
    story = STORY.replace("[capsule, odyssey]", "[scenario, capsule, odyssey]\n    in-order: true")
    assert (await play(story)).outcome == "passed"
