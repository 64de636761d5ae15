"""Steps under a condition on variables and captures."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario


def story(condition: str) -> str:
    return f"""
scenario: s
vars: {{region: eu, limits: {{high: 5}}}}
steps:
  - when: {condition}
    do: [{{publish: rim.fast-path, key: then}}]
    else: [{{publish: rim.fast-path, key: else}}]
"""


@pytest.mark.parametrize(
    ("condition", "key", "detail"),
    [
        ("{region: eu}", "then", "it does"),
        ("{region: us}", "else", "not so: region is eu"),
        ("{$.limits.high: {gte: 5}, region: {in: [eu, us]}}", "then", "it does"),
        ("{$.limits.low: {exists: true}}", "else", "not so: limits.low is nothing"),
        ('"{{ limits.high > 7 }}"', "else", "not so: {{ limits.high > 7 }} is false"),
    ],
)
async def test_one_of_two_lists_runs(world: Any, play: Any, condition: str, key: str, detail: str) -> None:
    result = await play(story(condition))
    assert [each.key for each in world.published] == [key]
    assert (result.steps[-1].detail, result.steps[0].path) == (detail, "1.1")


async def test_without_else_nothing_happens(world: Any, play: Any) -> None:
    result = await play("scenario: s\nvars: {a: 1}\nsteps:\n  - when: {a: 2}\n    do: [{publish: rim.fast-path}]\n")
    assert (world.published, result.outcome, result.steps[0].title) == ([], "passed", "when a 2")


@pytest.mark.parametrize(
    ("condition", "message"),
    [("{regoin: eu}", "nothing is named 'regoin'"), ("yes", "expected a condition"), ("{}", "expected a condition"),
     ('{"$[0]": 1}', "a JSONPath that begins with one"), ("{region: {eq: 1}}", "unknown predicate 'eq'")],
)  # fmt: skip
def test_what_it_cannot_ask_is_an_error_of_the_file(condition: str, message: str) -> None:
    with pytest.raises(InvalidFile, match=message.replace("[", r"\[")):
        read_scenario(story(condition), "s.yaml")


async def test_an_expression_that_is_neither_true_nor_false_fails(play: Any) -> None:
    result = await play(story('"{{ limits.high }}"'))
    assert result.steps[0].failure.actual == "{{ limits.high }} is 5, expected true or false"


def test_a_fault_made_under_a_condition_may_be_healed_afterwards() -> None:
    text = story("{region: eu}").replace(
        "publish: rim.fast-path, key: then", "fault: latency, on: capsule, ms: 5, as: slow"
    )
    assert read_scenario(f"{text}  - heal: slow\n", "s.yaml")
