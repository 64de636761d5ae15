from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario

NUMBERS = (
    "in_flight", "lost", "finished", "processed", "dead_lettered", "skipped", "duplicate", "replay_duplicate",
    "redelivered", "replayed", "retries", "dlq_written",
)  # fmt: skip


@pytest.fixture(autouse=True)
def row(world: Any) -> dict[str, int]:
    """What group `capsule` has done before the scenario began: 100 records."""
    world.ledger_rows["capsule"] = {**dict.fromkeys(NUMBERS, 0), "processed": 100, "finished": 100, "lost": 2}
    return world.ledger_rows["capsule"]


def story(asked: str, within: str = "") -> str:
    return f"scenario: s\nsteps:\n  - wait: 1s\n  - ledger: {asked}\n    {within}\n"


async def test_numbers_count_from_the_start_of_the_scenario(row: dict[str, int], play: Any) -> None:
    def work() -> None:
        row.update(processed=150, finished=153, dead_lettered=3)

    asked = "{group: capsule, processed: 50, finished: 53, dead_lettered: {lte: 3}, lost: 0, in_flight: 0}"
    result = await play(story(asked), at={0.5: work})
    assert result.outcome == "passed"
    assert result.steps[1].title == "ledger of capsule: in_flight 0, lost 0"
    assert result.steps[1].detail == "in_flight 0 · lost 0 · finished 53 · processed 50 · dead_lettered 3"


async def test_what_is_in_flight_counts_as_it_stands(row: dict[str, int], play: Any) -> None:
    row["in_flight"] = 7
    assert (await play(story("{group: capsule, in_flight: 7}"))).outcome == "passed"


async def test_it_is_waited_for_up_to_the_limit(row: dict[str, int], play: Any) -> None:
    text = story("{group: capsule, processed: 5, in_flight: 0}", "within: 10s")
    result = await play(text, at={4.0: lambda: row.update(processed=105)})
    assert result.outcome == "passed" and 4000 <= result.took_ms <= 4600


async def test_a_failure_shows_what_is_wrong_and_every_other_number(row: dict[str, int], play: Any) -> None:
    row["in_flight"] = 3
    text = story("{group: capsule, processed: 5, in_flight: 0}", "within: 2s")
    result = await play(text, at={0.5: lambda: row.update(processed=102, skipped=1, finished=103)})
    assert result.steps[1].failure.lines() == [
        "expected  in_flight 0, processed 5",
        "actual    in_flight is 3, processed is 2 after 2s",
        "ledger    in_flight 3 · finished 3 · processed 2 · skipped 1",
    ]


async def test_a_number_that_can_only_grow_past_what_is_expected_ends_the_look(row: dict[str, int], play: Any) -> None:
    text = story("{group: capsule, dead_lettered: {lte: 0}, in_flight: 0}", "within: 1h")
    result = await play(text, at={0.5: lambda: row.update(dead_lettered=1)})
    assert result.outcome == "failed" and result.took_ms < 2000


async def test_a_group_that_it_does_not_know_is_named_with_the_nearest(play: Any) -> None:
    failure = (await play(story("{group: capsul, in_flight: 0}", "within: 1h"))).steps[1].failure
    assert (failure.actual, failure.hint) == ("the ledger knows no group 'capsul'", "did you mean 'capsule'?")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("{group: capsule}", "at least one number"),
        ("{group: capsule, proccessed: 1}", "unknown key 'proccessed' in `ledger`"),
        ("{group: capsule, processed: -1}", "whole number"),
        ("{processed: 1}", "needs `group:`"),
        ("capsule", "expected"),
    ],
)
def test_what_it_cannot_ask_is_an_error_of_the_file(asked: str, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        read_scenario(story(asked), "s.yaml")


async def test_it_may_stand_in_steady_and_in_finally(play: Any) -> None:
    text = (
        "scenario: s\nsteady:\n  - ledger: {group: capsule, lost: 0}\nsteps:\n  - wait: 1s\n"
        "finally:\n  - ledger: {group: capsule, in_flight: 0}\n    within: 1s\n"
    )
    result = await play(text)
    assert [step.outcome for step in result.steps] == ["passed"] * 4
