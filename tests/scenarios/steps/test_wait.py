"""`wait` lets time pass, as long as the file or an earlier step says."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.runner import ScenarioRunner


async def test_it_waits_on_the_clock_of_the_sandbox(world: Any, play: Any) -> None:
    result = await play("scenario: s\nsteps:\n  - wait: 30s\n")
    assert (result.outcome, result.steps[0].title) == ("passed", "wait 30s")
    assert result.steps[0].took_ms >= 30_000


async def test_it_waits_as_long_as_it_was_told(world: Any, play: Any) -> None:
    result = await play('scenario: s\nvars: {retry_after: 7}\nsteps:\n  - wait: "{{ retry_after }}s"\n')
    assert (result.outcome, result.steps[0].title) == ("passed", "wait 7s")
    assert 7_000 <= result.steps[0].took_ms < 8_000


async def test_what_comes_to_no_duration_fails_at_its_line(world: Any, play: Any) -> None:
    result = await play('scenario: s\nvars: {soon: soon}\nsteps:\n  - wait: "{{ soon }}"\n')
    failure = result.steps[0].failure
    assert result.outcome == "failed" and "'soon'" in failure.actual and "200ms" in (failure.hint or "")


def test_a_duration_without_unit_is_refused_at_its_line() -> None:
    with pytest.raises(InvalidFile, match="wait: expected a duration with its unit, found 5") as found:
        read_scenario("scenario: s\nsteps:\n  - wait: 5\n", "s.yaml")
    assert found.value.where == "s.yaml:3"


async def test_forever_lasts_until_the_run_is_stopped_and_vars_may_be_given(world: Any) -> None:
    text = """
scenario: s
vars: {rate: 1}
steps:
  - publish: audit.events
    as: noise
    background: true
    rate: "{{ rate }}/s"
    value: {n: "{{ sequence }}"}
  - wait: forever
"""
    scenario = read_scenario(text, "s.yaml", world.contracts)
    assert scenario.steps[1].title() == "wait forever"
    runner = ScenarioRunner(world, scenario, file="s.yaml", ids=random.Random(1), given={"rate": 10})
    task = asyncio.create_task(runner.run())
    for _ in range(100):
        await world.clock.advance(0.05)
    assert not task.done() and runner.beside["noise"]["sent"] == pytest.approx(50, abs=1)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
