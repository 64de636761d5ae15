"""Several steps as one: in the background, numbered inside it, and failing with it."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.events.facts import StepFinished, StepStarted
from sandbox.scenarios.load import read_scenario


def paths(result: Any) -> list[tuple[str, str, str]]:
    return [(step.path, step.verb, step.outcome) for step in result.steps]


async def test_steps_inside_a_step_are_numbered_by_it_and_told_before_it_ends(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - wait: 1s
  - do:
      - say: Inside.
      - wait: 1s
      - do:
          - wait: 1s
  - wait: 1s
""")
    assert paths(result) == [
        ("1", "wait", "passed"), ("", "say", "passed"), ("2.1", "wait", "passed"), ("2.2.1", "wait", "passed"),
        ("2.2", "do", "passed"), ("2", "do", "passed"), ("3", "wait", "passed"),
    ]  # fmt: skip
    assert [step.number for step in result.steps] == [1, 0, 2, 2, 2, 2, 3]
    started = [fact.path for fact in world.recorded if isinstance(fact, StepStarted)]
    assert started == ["1", "2", "", "2.1", "2.2", "2.2.1", "3"]
    assert result.took_ms == pytest.approx(4000)


async def test_a_failure_inside_has_its_line_and_ends_all_around_it(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - do:
      - do:
          - expect: capsule.snapshots
            within: 1s
      - wait: 1s
  - wait: 1s
finally:
  - publish: rim.fast-path
""")
    assert paths(result) == [
        ("1.1.1", "expect", "failed"), ("1.1", "do", "failed"), ("1", "do", "failed"), ("2", "publish", "passed"),
    ]  # fmt: skip
    assert [step.failure is None for step in result.steps] == [False, True, True, True]
    assert (result.steps[0].where, result.outcome, result.exit_code) == ("story.yaml:6", "failed", 1)
    finished = [fact for fact in world.recorded if isinstance(fact, StepFinished)]
    assert finished[1].failure is None and finished[1].path == "1.1"


async def test_steps_in_the_background_go_on_until_they_are_stopped(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - do:
      - repeat: 100
        do:
          - publish: rim.fast-path
          - wait: 1s
    background: true
    as: load
  - wait: 2500ms
  - stop: load
  - wait: 5s
""")
    assert result.outcome == "passed" and len(world.published) == 3
    assert paths(result)[0] == ("1", "do", "passed")
    assert ("1.1#3.2", "wait", "interrupted") in paths(result)


async def test_steps_that_fail_in_the_background_fail_the_run_at_the_end_of_the_steps(play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - do:
      - expect: capsule.snapshots
        within: 1s
    background: true
    as: look
  - wait: 5s
""")
    assert paths(result) == [("1", "do", "passed"), ("1.1", "expect", "failed"), ("2", "wait", "passed")]
    assert (result.outcome, result.exit_code) == ("failed", 1)


async def test_what_is_captured_inside_is_known_afterwards(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - do:
      - publish: rim.fast-path
        key: here
        as: made
  - say: "{{ made.key }}"
""")
    assert result.steps[-1].title == "here"


def test_background_needs_a_name_and_a_list_needs_steps() -> None:
    with pytest.raises(InvalidFile, match="need a name"):
        read_scenario("scenario: s\nsteps:\n  - do:\n      - wait: 1s\n    background: true\n", "s.yaml")
    with pytest.raises(InvalidFile, match="do: expected at least one entry"):
        read_scenario("scenario: s\nsteps:\n  - do: []\n", "s.yaml")


def test_every_problem_inside_is_told_with_its_own_line() -> None:
    inner = "      - do:\n          - publish: t\n            cuont: 3\n"
    with pytest.raises(InvalidFile) as raised:
        read_scenario(f"scenario: s\nsteps:\n  - do:\n      - wait: soon\n{inner}", "s.yaml")
    assert [(each.where, each.hint) for each in raised.value.problems] == [  # type: ignore[attr-defined]
        ("s.yaml:4", "write 200ms, 5s, 1m or 2h"), ("s.yaml:7", "did you mean 'count'?"),
    ]  # fmt: skip
    with pytest.raises(InvalidFile, match="unknown step 'publsh'") as raised:
        read_scenario("scenario: s\nsteps:\n  - do:\n      - do:\n          - publsh: t\n", "s.yaml")
    assert (raised.value.where, raised.value.hint) == ("s.yaml:5", "did you mean 'publish'?")
