"""A run: everything in order, watched from before the first step, and put right at the end whatever happens."""

import asyncio
import random
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.events.facts import ScenarioFinished, ScenarioStarted, StepFinished, StepStarted
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.ports import BreakerState, Setting
from sandbox.scenarios.runner import ScenarioRunner

BREAKER = "breaker: odyssey/capsule\n    is: CLOSED"


def outcomes(result: Any) -> list[tuple[int, str, str]]:
    return [(step.number, step.verb, step.outcome) for step in result.steps]


async def test_steps_run_in_order_and_are_numbered_without_what_is_said(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    result = await play(f"""
scenario: all parts
steady:
  - {BREAKER}
steps:
  - say: One.
  - wait: 1s
  - say: Two.
  - wait: 500ms
finally:
  - wait: 100ms
""")
    assert outcomes(result) == [
        (1, "breaker", "passed"), (0, "say", "passed"), (2, "wait", "passed"), (0, "say", "passed"),
        (3, "wait", "passed"), (4, "breaker", "passed"), (5, "wait", "passed"),
    ]  # fmt: skip
    assert (result.outcome, result.exit_code, result.took_ms) == ("passed", 0, pytest.approx(1600))
    started = next(fact for fact in world.recorded if isinstance(fact, ScenarioStarted))
    assert (started.steps, started.run, started.correlation_id) == (5, result.run, result.correlation_id)


async def test_the_first_failure_ends_the_steps_and_finally_still_runs_in_full(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("OPEN")
    result = await play(f"""
scenario: fails
steps:
  - {BREAKER}
  - publish: rim.fast-path
finally:
  - {BREAKER}
  - publish: rim.fast-path
""")
    assert outcomes(result) == [(1, "breaker", "failed"), (2, "breaker", "failed"), (3, "publish", "passed")]
    assert (result.outcome, result.exit_code, len(world.published)) == ("failed", 1, 1)


async def test_a_steady_state_that_does_not_hold_ends_the_run_before_its_steps(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("OPEN")
    result = await play(f"scenario: s\nsteady:\n  - {BREAKER}\nsteps:\n  - publish: rim.fast-path\n")
    assert outcomes(result) == [(1, "breaker", "failed")] and world.published == []


async def test_a_steady_state_that_the_steps_broke_is_a_failure(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    world.on_publish = lambda outgoing: world.trip("odyssey/capsule", "OPEN")
    result = await play(f"scenario: s\nsteady:\n  - {BREAKER}\nsteps:\n  - publish: rim.fast-path\n")
    assert outcomes(result)[-1] == (3, "breaker", "failed")
    assert result.steps[-1].title == "still: breaker odyssey/capsule is CLOSED"


async def test_no_record_is_missed_between_publishing_and_looking(world: Any, play: Any) -> None:
    world.on_publish = lambda outgoing: world.arrives("capsule.snapshots", {"scope_id": "a"})
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
  - wait: 5s
  - expect: capsule.snapshots
    within: 100ms
""")
    assert result.outcome == "passed"


async def test_vars_are_filled_in_their_order_and_known_to_every_step(world: Any, play: Any) -> None:
    await play("""
scenario: s
vars:
  place: finance
  node: rim:entity:{{ place }}:EURUSD
  level: "{{ 0.5 + 0.25 }}"
steps:
  - publish: rim.fast-path
    key: "{{ node }}"
    value: {stress: "{{ level }}"}
""")
    sent = world.published[0]
    assert (sent.key, sent.value["stress"], sent.value["rim_node_id"]) == (
        "rim:entity:finance:EURUSD", 0.75, "rim:entity:finance:EURUSD",
    )  # fmt: skip


async def test_the_same_seed_gives_the_same_traffic_whatever_runs_beside_it(world: Any, play: Any) -> None:
    story = """
scenario: s
steps:
  - publish: rim.fast-path
    count: 5
    value: {stress: "{{ random.uniform(0, 1) }}", price: "{{ random.int(1, 1000) }}"}
"""
    beside = story.replace("steps:\n", """steps:
  - publish: perception.events
    as: noise
    background: true
    rate: 100/s
    value: {trust_score: "{{ random.uniform(0, 1) }}"}
""").replace("    count: 5", "    count: 5\n    rate: 20/s")  # fmt: skip

    async def traffic(text: str, seed: int) -> list[tuple[float, int]]:
        world.published.clear()
        await play(text, seed=seed)
        return [
            (each.value["stress"], each.value["price"]) for each in world.published if each.topic == "rim.fast-path"
        ]

    first = await traffic(story, 7)
    assert await traffic(story, 7) == first and await traffic(story, 8) != first
    assert len(await traffic(beside, 7)) == 5


async def test_the_seed_is_the_files_unless_another_is_given_and_is_always_told(world: Any, play: Any) -> None:
    text = "scenario: s\nseed: 7\nsteps:\n  - wait: 0s\n"
    assert (await play(text)).seed == 7
    assert (await play(text, seed=9)).seed == 9
    assert (await play(text.replace("seed: 7\n", ""))).seed > 9


async def test_everything_a_run_sends_carries_its_correlation_id_and_an_id_of_its_own(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [{"data": []}]
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
    count: 2
  - http: GET {{ plato }}/x
""")
    traces = [each.trace for each in world.published]
    assert {each.correlation_id for each in traces} == {result.correlation_id}
    assert len({each.request_id for each in traces} | {each.trace_id for each in traces}) == 4
    assert world.calls_made[0].headers["X-Correlation-ID"] == result.correlation_id


async def test_profile_and_speed_are_asked_for_and_undone(world: Any, play: Any) -> None:
    await play("scenario: s\nprofile: demo\nspeed: 20\nsteps:\n  - wait: 0s\n")
    assert world.settings == [Setting(profile="demo", speed=20.0), "undone"]


async def test_a_world_that_cannot_be_set_up_fails_the_run_with_the_reason(world: Any, play: Any) -> None:
    world.topics = {"rim.fast-path"}
    result = await play("scenario: s\nsteps:\n  - expect: capsule.snapshots\n")
    assert (result.outcome, result.exit_code) == ("failed", 2)
    assert result.steps[0].failure.actual == "there is no topic 'capsule.snapshots'"


async def test_a_var_that_cannot_be_filled_fails_the_run(world: Any, play: Any) -> None:
    result = await play('scenario: s\nvars: {a: "{{ 1 / 0 }}"}\nsteps:\n  - wait: 1s\n')
    assert (result.outcome, result.exit_code) == ("failed", 2)
    assert result.steps[0].failure.where == "story.yaml:2"


async def test_interrupting_a_run_undoes_everything_and_runs_finally(world: Any) -> None:
    scenario = read_scenario("""
scenario: s
steps:
  - publish: rim.fast-path
    as: traffic
    background: true
    rate: 10/s
  - expect: capsule.snapshots
    within: 1h
finally:
  - publish: perception.events
""", "story.yaml", world.contracts)  # fmt: skip
    runner = ScenarioRunner(world, scenario, file="story.yaml", ids=random.Random(1))
    task = asyncio.create_task(runner.run())
    await world.clock.advance(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert outcomes(runner)[-2:] == [(2, "expect", "interrupted"), (3, "publish", "passed")]
    assert world.published[-1].topic == "perception.events" and world.settings[-1] == "undone"
    finished = world.recorded[-1]
    assert isinstance(finished, ScenarioFinished) and (finished.outcome, finished.exit_code) == ("interrupted", 130)
    before = len(world.published)
    await world.clock.advance(5.0)
    assert len(world.published) == before and asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_mistake_in_a_steps_code_is_raised_after_finally_has_run(world: Any, play: Any) -> None:
    def break_down(outgoing: Any) -> None:
        if outgoing.topic == "rim.fast-path":
            raise ZeroDivisionError

    world.on_publish = break_down
    with pytest.raises(ZeroDivisionError):
        await play("scenario: s\nsteps:\n  - publish: rim.fast-path\nfinally:\n  - publish: perception.events\n")
    assert world.published[-1].topic == "perception.events"
    assert world.recorded[-1].outcome == "failed" and world.recorded[-1].exit_code == 3


async def test_facts_tell_each_step_before_and_after_it(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("OPEN")
    await play(f"scenario: s\nsteps:\n  - say: Hello.\n  - {BREAKER}\n    within: 2s\n")
    told = [fact for fact in world.recorded if isinstance(fact, StepStarted | StepFinished)]
    assert [(type(fact).__name__, fact.number, fact.step, fact.where) for fact in told] == [
        ("StepStarted", 0, "say", "story.yaml:3"), ("StepFinished", 0, "say", "story.yaml:3"),
        ("StepStarted", 1, "breaker", "story.yaml:4"), ("StepFinished", 1, "breaker", "story.yaml:4"),
    ]  # fmt: skip
    assert (told[0].title, told[2].within_ms) == ("Hello.", 2000)
    assert told[3].failure["actual"] == "OPEN" and told[3].detail.startswith("expected  CLOSED\nactual    OPEN")


async def test_an_operand_that_does_not_fit_its_word_fails_its_step(world: Any, play: Any) -> None:
    result = await play("""
scenario: s
vars: {wanted: many}
steps:
  - expect: capsule.snapshots
    where: {$.n: {between: "{{ wanted }}"}}
""")
    failure = result.steps[0].failure
    assert (failure.exit_code, failure.where) == (2, "story.yaml:5")
    assert failure.actual == "`between` takes two numbers, [low, high], found many"


async def test_a_sandbox_that_refuses_the_setting_fails_the_run(world: Any, play: Any) -> None:
    def refuse(setting: Setting) -> Any:
        raise UsageError("not at this speed")

    world.setting = refuse
    result = await play("scenario: s\nspeed: 2\nsteps:\n  - wait: 0s\n")
    assert (result.outcome, result.exit_code, result.steps[0].failure.actual) == ("failed", 2, "not at this speed")


async def test_a_hundred_empty_steps_take_no_time_to_speak_of(world: Any, play: Any) -> None:
    import time

    text = "scenario: s\nsteps:\n" + "  - say: Nothing.\n  - wait: 0s\n" * 50
    began = time.perf_counter()
    assert (await play(text)).outcome == "passed"
    assert time.perf_counter() - began < 2
