"""A run that is presented waits before each step of its story."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.errors import Conflict
from sandbox.events.facts import StepHeld
from sandbox.scenarios.gate import Gate, Held
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.runner import ScenarioRunner

STORY = """
scenario: s
steps:
  - say: Hello.
  - publish: rim.fast-path
  - parallel:
    - publish: rim.fast-path
    - publish: rim.fast-path
finally:
  - publish: perception.events
"""


@pytest.fixture
def begin(world: Any) -> Callable[[str], tuple[Gate, Any]]:
    """A gate and a task of a run that it holds."""

    def start(text: str) -> tuple[Gate, Any]:
        gate = Gate()
        scenario = read_scenario(text, "story.yaml", world.contracts)
        runner = ScenarioRunner(world, scenario, file="story.yaml", ids=random.Random(1), gate=gate)
        return gate, asyncio.create_task(runner.run())

    return start


async def test_it_waits_before_each_caption_and_step_but_not_within_one_nor_at_the_end(world: Any, begin: Any) -> None:
    gate, task = begin(STORY)
    seen = []
    while not task.done():
        await world.clock.advance(0.1)
        if gate.held is not None:
            seen.append((gate.held.step, len(world.published)))
            gate.next()
    assert seen == [("say", 0), ("publish", 0), ("parallel", 1)]
    assert task.result().outcome == "passed" and len(world.published) == 4
    assert [fact.step for fact in world.recorded if isinstance(fact, StepHeld)] == ["say", "publish", "parallel"]


async def test_the_time_that_it_waits_does_not_count(world: Any, begin: Any) -> None:
    gate, task = begin("""
scenario: s
steps:
  - publish: rim.fast-path
    as: first
  - publish: rim.fast-path
    at: first + 2s
  - expect: capsule.snapshots
    within: 3s
    count: 0
""")
    await world.clock.advance(0.1)
    gate.next()
    await world.clock.advance(60.0)
    gate.next()
    await world.clock.advance(1.0)
    assert len(world.published) == 1, "two seconds after the first step, without the minute that it was held"
    await world.clock.advance(1.5)
    assert len(world.published) == 2
    await world.clock.advance(60.0)
    gate.next()
    await world.clock.advance(2.0)
    assert not task.done(), "the three seconds of the wait began when it was let go on"
    await world.clock.advance(1.5)
    assert task.result().outcome == "passed"
    assert task.result().steps[-1].took_ms == pytest.approx(3_000, abs=200)


async def test_open_lets_it_go_on_to_its_end(world: Any, begin: Any) -> None:
    gate, task = begin(STORY)
    await world.clock.advance(0.1)
    gate.open()
    await world.clock.advance(1.0)
    assert task.done() and task.result().outcome == "passed"


async def test_a_run_that_is_stopped_while_it_waits_runs_finally(world: Any, begin: Any) -> None:
    _, task = begin(STORY)
    await world.clock.advance(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [each.topic for each in world.published] == ["perception.events"]


async def test_next_is_refused_while_nothing_waits() -> None:
    with pytest.raises(Conflict, match="does not wait"):
        Gate().next()


async def test_a_run_that_nobody_lets_go_on_goes_on_by_itself() -> None:
    gate = Gate(limit_s=0.01)
    await gate.wait(Held("records flow", "expect", "a.yaml:4"))
    assert gate.is_open and gate.held is None
