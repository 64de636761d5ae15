"""A part of a scenario is named as people see its steps."""

from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.part import left_out

TEXT = """
scenario: s
steady:
  - ledger: {group: capsule, in_flight: 0}
steps:
  - say: One.
  - publish: rim.fast-path
    as: first
  - wait: 1s
  - say: Two.
  - publish: rim.fast-path
    as: second
  - wait: 2s
"""


@pytest.fixture
def scenario(world: Any) -> Any:
    return read_scenario(TEXT, "s.yaml", world.contracts)


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (None, None, {0, 1, 2, 3, 4, 5}),
        ("4", None, {3, 4, 5}),
        (None, "3", {0, 1, 2}),
        ("second", "second", {3, 4}),
        ("WAIT 1", "wait 2", {2, 3, 4, 5}),
    ],
)
def test_a_step_is_named_by_number_name_or_part_of_its_title_and_takes_its_caption_along(
    scenario: Any, start: str | None, end: str | None, kept: set[int]
) -> None:
    assert left_out(scenario, start, end) == set(range(6)) - kept


@pytest.mark.parametrize(
    ("start", "end", "message", "hint"),
    [
        ("1", None, "no step has the number 1", "the steps have the numbers 2 to 5"),
        ("wait", None, "'wait' could be 2 steps", "take the number: 3: wait 1s; 5: wait 2s"),
        ("secund", None, "no step is named 'secund' or has that in its title", "did you mean 'second'?"),
        ("5", "2", "'2' comes before '5'", "--from names the first step of the part, --to its last"),
    ],
)
def test_what_names_no_step_or_several_is_refused(
    scenario: Any, start: str, end: str | None, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        left_out(scenario, start, end)
    assert (refused.value.message, refused.value.hint) == (message, hint)
