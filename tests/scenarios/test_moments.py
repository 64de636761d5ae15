"""Steps at a time: after the run's start, or after the start of another step."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario


def first_at(world: Any, key: str) -> float:
    record = next(fact for fact in world.recorded if getattr(fact, "key", None) == key)
    return float(record.at_ms)


async def test_a_step_begins_at_its_time_or_at_once_when_that_has_passed(world: Any, play: Any) -> None:
    begin = world.clock.now_ms()
    await play("""
scenario: s
steps:
  - {publish: rim.fast-path, key: a, at: 3s}
  - {publish: rim.fast-path, key: b, at: 1s}
""")
    assert first_at(world, "a") - begin == pytest.approx(3000, abs=60)
    assert first_at(world, "b") - begin == pytest.approx(3000, abs=60)


async def test_a_time_after_another_step_waits_for_that_to_begin(world: Any, play: Any) -> None:
    begin = world.clock.now_ms()
    await play("""
scenario: s
steps:
  - parallel:
      - {publish: rim.fast-path, key: later, at: first + 2s}
      - {publish: rim.fast-path, key: first, as: first, at: 1s}
""")
    assert first_at(world, "later") - begin == pytest.approx(3000, abs=110)


async def test_a_step_that_never_begins_is_not_waited_for_without_end(play: Any) -> None:
    result = await play(
        """
scenario: s
steps:
  - {wait: 1s, at: other + 1s}
  - {publish: rim.fast-path, as: other}
""",
        limit_s=400,
    )
    assert result.steps[0].failure.actual == "the step 'other' has not begun in 300s"


@pytest.mark.parametrize(
    ("moment", "message"),
    [("soon", "expected a duration"), ("otehr + 1s", "no step is named 'otehr'"), ("other +", "expected a duration")],
)
def test_what_is_no_time_is_an_error_of_the_file(moment: str, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        read_scenario(
            f"scenario: s\nsteps:\n  - {{publish: rim.fast-path, as: other}}\n  - {{wait: 1s, at: {moment}}}\n",
            "s.yaml",
        )
