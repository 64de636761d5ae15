"""Steps that this sandbox cannot do are skipped with the reason, and so are those that need what they would give."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.events.facts import ScenarioFinished
from sandbox.scenarios.load import read_scenario


def told(result: Any) -> list[tuple[str, str, str | None]]:
    return [(step.verb, step.outcome, step.detail) for step in result.steps]


async def test_a_step_that_calls_a_missing_service_is_skipped_and_what_uses_its_answer_too(
    world: Any, play: Any
) -> None:
    world.lacking["plato"] = "this sandbox is without plato"
    result = await play("""
scenario: s
steps:
  - http: GET {{ plato }}/api/v1/plans
    capture: {plan: "$.data[0].id"}
  - say: The first plan is {{ plan }}.
  - do:
      - publish: rim.fast-path
        key: "{{ plan }}"
      - wait: 1s
  - publish: rim.fast-path
""")
    because = "skipped because plan comes from step 1, which was skipped"
    assert told(result) == [
        ("http", "skipped", "skipped because this sandbox is without plato"), ("say", "skipped", because),
        ("publish", "skipped", because), ("wait", "passed", None), ("do", "passed", None),
        ("publish", "passed", "rim.fast-path-0@0"),
    ]  # fmt: skip
    assert (result.outcome, result.exit_code, len(world.published)) == ("passed", 0, 1)


async def test_a_fault_of_a_service_that_is_not_ours_is_skipped_with_its_healing(world: Any, play: Any) -> None:
    world.lacking["own capsule"] = "capsule is not the sandbox's own"
    result = await play("""
scenario: s
steps:
  - {fault: latency, on: capsule, ms: 5, as: slow}
  - {wait: 1s, at: slow + 1s}
  - heal: slow
""")
    assert [step.outcome for step in result.steps] == ["skipped"] * 3 and world.did == []
    assert result.steps[2].detail == "skipped because slow comes from step 1, which was skipped"


@pytest.mark.parametrize(
    ("step", "need"),
    [
        ("control: restart kafka", "broker-control"), ("control: kill capsule", "process-control"),
        ("control: open odyssey/capsule", "own odyssey"), ("limits: capsule\n    reset: true", "own capsule"),
        ("reset: capsule", "own capsule"), ("log: kafka", "logs"),
        ("breaker: odyssey/capsule\n    is: OPEN", "own odyssey"),
        ("registry: compatibility a", "schema-registry"), ("trace: x\n    contains: [audit]", "own audit"),
    ],
)  # fmt: skip
async def test_each_kind_says_what_it_needs(world: Any, play: Any, step: str, need: str) -> None:
    world.lacking[need] = "of a reason"
    result = await play(f"scenario: s\nsteps:\n  - {step}\n")
    assert told(result)[0][1:] == ("skipped", "skipped because of a reason")


async def test_a_scenario_that_needs_what_is_not_there_is_skipped_whole(world: Any, play: Any) -> None:
    world.lacking["broker-control"] = "the broker is not the sandbox's own"
    result = await play("scenario: s\nneeds: [capsule, broker-control]\nsteps:\n  - wait: 1h\nfinally:\n  - wait: 1h\n")
    assert (result.outcome, result.exit_code, told(result)) == (
        "skipped", 0, [("", "skipped", "skipped because the broker is not the sandbox's own")],
    )  # fmt: skip
    finished = next(fact for fact in world.recorded if isinstance(fact, ScenarioFinished))
    assert (finished.outcome, finished.exit_code) == ("skipped", 0)


def test_a_need_that_is_none_is_an_error_of_the_file() -> None:
    with pytest.raises(InvalidFile, match="needs") as raised:
        read_scenario("scenario: s\nneeds: [broker-contol]\nsteps:\n  - wait: 1s\n", "s.yaml")
    assert raised.value.hint == "did you mean 'broker-control'?"
