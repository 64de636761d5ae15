"""What every report format keeps: it lives from facts alone."""

import io
import json
from typing import Any

import pytest

from sandbox.events.facts import fact_from_json
from sandbox.scenarios.ports import BreakerState
from sandbox.scenarios.report import REPORTS

STORY = """
scenario: One alert
purpose: Proof
steps:
  - say: Hello.
  - publish: rim.fast-path
  - breaker: odyssey/capsule
    is: OPEN
"""


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_can_be_written_from_facts_that_came_over_the_wire(name: str, world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    await play(STORY, seed=7)
    stream = io.StringIO()
    report = REPORTS[name](stream)
    for fact in world.recorded:
        report.on_fact(fact_from_json(json.loads(json.dumps(fact.to_json()))))
    report.close()
    assert "One alert" in stream.getvalue() and "publish 1 record to rim.fast-path" in stream.getvalue()


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_nothing_can_be_closed(name: str) -> None:
    REPORTS[name](io.StringIO()).close()


async def test_the_json_report_has_outcome_steps_failures_and_facts(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    result = await play(STORY, seed=7)
    stream = io.StringIO()
    report = REPORTS["json"](stream)
    for fact in world.recorded:
        report.on_fact(fact)
    report.close()
    written = json.loads(stream.getvalue())
    told = result.to_json()
    assert {
        key: written[key] for key in ("run", "scenario", "outcome", "exitCode", "seed", "correlationId", "startedMs")
    } == {key: told[key] for key in ("run", "scenario", "outcome", "exitCode", "seed", "correlationId", "startedMs")}
    assert written["steps"] == told["steps"] and written["exitCode"] == 1
    assert written["steps"][2]["failure"]["actual"] == "CLOSED"
    assert [fact["kind"] for fact in written["facts"]] == ["RecordProduced"] and written["factsLeftOut"] == 0
