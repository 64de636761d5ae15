"""Steps again: so many times, for each of a list, or until something holds within a limit."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario

REPEAT = "  - repeat: {each: [1], as: node}\n    do: [{say: '{{ node }}'}]\n"


async def test_so_many_times_with_the_number_of_the_pass_and_other_chance_in_each(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
seed: 3
steps:
  - repeat: 3
    do:
      - publish: rim.fast-path
        key: "{{ round }}"
        value: {stress: "{{ random.uniform(0, 1) }}"}
""")
    assert [each.key for each in world.published] == ["1", "2", "3"]
    assert len({each.value["stress"] for each in world.published}) == 3
    assert [step.path for step in result.steps] == ["1#1.1", "1#2.1", "1#3.1", "1"]
    assert (result.steps[-1].title, result.steps[-1].detail) == ("repeat 3 times", "3 times")


async def test_for_each_of_a_list_that_may_be_a_variable_with_a_pause_between(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
vars: {nodes: [a, {deep: b}]}
steps:
  - repeat: {each: "{{ nodes }}", as: node, pause: 2s}
    do:
      - publish: rim.fast-path
        key: "{{ node }}"
""")
    assert [each.key for each in world.published] == ["a", "{'deep': 'b'}"]
    assert result.took_ms == pytest.approx(2000)


async def test_until_something_holds(world: Any, play: Any) -> None:
    world.answers["GET /n"] = [{"n": 1}, {"n": 2}, {"n": 3}]
    result = await play("""
scenario: s
steps:
  - repeat: {until: {$.answer.body.n: {gte: 3}}, within: 10s, pause: 1s}
    do:
      - http: GET {{ plato }}/n
        as: answer
""")
    assert (result.outcome, result.steps[-1].detail, len(world.calls_made)) == ("passed", "3 times", 3)


async def test_until_fails_at_its_limit_and_says_what_did_not_hold(world: Any, play: Any) -> None:
    world.answers["GET /n"] = [{"n": 1}]
    result = await play("""
scenario: s
steps:
  - repeat: {until: {$.answer.body.n: 3}, within: 5s, pause: 1s}
    do:
      - http: GET {{ plato }}/n
        as: answer
""")
    assert result.steps[-1].failure.lines() == [
        "expected  answer.body.n 3",
        "actual    answer.body.n is 1 after 6 passes in 5s",
    ]


async def test_a_failure_in_a_pass_ends_it(world: Any, play: Any) -> None:
    result = await play("scenario: s\nsteps:\n  - repeat: 3\n    do:\n      - http: GET {{ plato }}/n\n")
    assert [(step.path, step.outcome) for step in result.steps] == [("1#1.1", "failed"), ("1", "failed")]


async def test_what_is_not_a_list_is_an_error_of_its_line(play: Any) -> None:
    result = await play(
        "scenario: s\nvars: {n: 3}\nsteps:\n  - repeat: {each: '{{ n }}', as: x}\n    do: [{wait: 1s}]\n"
    )
    assert "expected a list" in result.steps[0].failure.actual and result.exit_code == 2


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("{}", "expected one of times, each and until, found none"),
        ("{times: 2, until: {run: 1}}", "found times and until"),
        ("{each: [1]}", "`each` and `as` go together"),
        ("0", "a number of at least 1"),
        ("{time: 2}", "unknown key 'time' in `repeat`"),
        ("{until: soon}", "expected a condition"),
        ("{until: {later: 1}}", "nothing is named 'later' here"),
    ],
)
def test_what_it_cannot_do_is_an_error_of_the_file(how: str, message: str) -> None:
    with pytest.raises(InvalidFile, match=message) as raised:
        read_scenario(f"scenario: s\nsteps:\n  - repeat: {how}\n    do: [{{wait: 1s}}]\n", "s.yaml")
    assert raised.value.where == "s.yaml:3"


def test_the_item_is_known_inside_only() -> None:
    with pytest.raises(InvalidFile, match="nothing is named 'node' here"):
        read_scenario(f"scenario: s\nsteps:\n{REPEAT}  - say: '{{{{ node }}}}'\n", "s.yaml")
