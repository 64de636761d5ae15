"""Dead letters sent again and given up."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario

ASKED = "expected  replayed ≥ 1, failed 0"
DONE = {"state": "finished", "replayed": 2, "skipped": 0, "failed": 0, "left": 0}


def story(options: str = "") -> str:
    return f"scenario: s\nvars: {{who: k}}\nsteps:\n  - dlq-replay: rim.fast-path\n{options}"


async def test_it_waits_for_the_end_and_tells_the_counts(world: Any, play: Any) -> None:
    world.replays = [{**DONE, "state": "running"}] * 4 + [DONE]
    result = await play(
        story("    category: [VALIDATION, UNKNOWN]\n    key: '{{ who }}'\n    rate: 10/s\n    limit: 5\n")
    )
    assert (result.outcome, result.steps[0].detail) == ("passed", "2 replayed, 0 skipped, 0 failed, 0 left")
    assert world.did == [
        ("replay", "rim.fast-path", {"category": ("VALIDATION", "UNKNOWN"), "key": "k"},
         {"target": "RAW", "rate_per_s": 10.0, "max_messages": 5}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "options", "lines"),
    [
        ({**DONE, "replayed": 0}, "", [ASKED, "actual    0 replayed, 0 skipped, 0 failed, 0 left"]),
        ({**DONE, "failed": 1}, "", [ASKED, "actual    2 replayed, 0 skipped, 1 failed, 0 left"]),
        (DONE, "    replayed: 3\n",
         ["expected  replayed 3, failed 0", "actual    2 replayed, 0 skipped, 0 failed, 0 left"]),
        ({**DONE, "state": "running"}, "    within: 3s\n",
         ["expected  a replay that ends", "actual    2 replayed, 0 skipped, 0 failed, 0 left after 3s, and going on"]),
    ],
)  # fmt: skip
async def test_a_replay_that_is_not_as_expected_fails(
    world: Any, play: Any, status: Any, options: str, lines: list[str]
) -> None:
    world.replays = [status]
    result = await play(story(options))
    assert result.steps[0].failure.lines() == lines


async def test_a_purge_gives_letters_up(world: Any, play: Any) -> None:
    result = await play(
        "scenario: s\nsteps:\n  - dlq-purge: rim.fast-path\n    category: VALIDATION\n    group: capsule\n"
    )
    assert world.did == [("purge", "rim.fast-path", {"category": ("VALIDATION",), "group": "capsule"})]
    assert (result.steps[0].title, result.steps[0].detail) == (
        "purge the dead letters of rim.fast-path: VALIDATION, group capsule", "3 given up",
    )  # fmt: skip


def test_a_category_that_is_none_is_an_error_of_the_file() -> None:
    with pytest.raises(InvalidFile, match="category"):
        read_scenario(story("    category: INVALID\n"), "s.yaml")
