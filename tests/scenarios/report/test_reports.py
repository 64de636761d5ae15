"""What every report format keeps: it lives from facts alone, says what happened, and lets no text become markup."""

import json
from typing import Any

import pytest

from sandbox.events.facts import Fact, ScenarioFinished, ScenarioStarted, StepFinished, StepStarted, fact_from_json
from sandbox.scenarios.ports import BreakerState
from sandbox.scenarios.report import REPORTS
from sandbox.scenarios.report.run_log import RunLog, Told
from tests.scenarios.report.conftest import at

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
    sent = [fact_from_json(json.loads(json.dumps(fact.to_json()))) for fact in world.recorded]
    text = REPORTS[name]().render(Told.of(sent))
    assert "One alert" in text and "publish 1 record to rim.fast-path" in text and "CLOSED" in text


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_nothing_and_of_a_run_without_an_end_can_be_written(name: str, story: list[Fact]) -> None:
    assert REPORTS[name]().render(Told(()))
    assert "publish 20 records" in REPORTS[name]().render(Told.of(story[:-1]))


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_shows_what_failed_and_why_and_what_was_skipped(name: str, story: list[Fact]) -> None:
    text = REPORTS[name]().render(Told.of(story))
    for told in ("breaker odyssey/capsule is CLOSED", "OPEN ·", "req-1", "wait longer", "there is no Docker"):
        assert told in text
    assert "\x00" not in text and "\x1b" not in text


async def test_the_json_report_has_outcome_steps_failures_and_facts(world: Any, play: Any) -> None:
    world.breaker_states["odyssey/capsule"] = BreakerState("CLOSED")
    told = (await play(STORY, seed=7)).to_json()
    written = json.loads(REPORTS["json"]().render(Told.of(world.recorded, kafka="4.4.0")))
    assert (written["version"], written["outcome"], written["sandbox"]) == (1, "failed", {"kafka": "4.4.0"})
    (run,) = written["runs"]
    same = ("run", "scenario", "outcome", "exitCode", "seed", "correlationId", "startedMs")
    assert {key: run[key] for key in same} == {key: told[key] for key in same}
    without_path = [{key: value for key, value in step.items() if key != "path"} for step in run["steps"]]
    assert without_path == [{key: value for key, value in step.items() if key != "path"} for step in told["steps"]]
    assert run["steps"][2]["failure"]["actual"] == "CLOSED" and run["steps"][2]["path"] == "2"
    assert run["counts"] == {"passed": 1, "failed": 1, "skipped": 0}
    assert [fact["kind"] for fact in run["facts"]] == ["RecordProduced"] and run["factsLeftOut"] == 0


def test_what_is_too_much_is_counted_and_what_was_missed_is_said(
    story: list[Fact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.scenarios.report.run_log.KEPT", 5)
    log = RunLog("story.yaml")
    for fact in story:
        log.on_fact(fact)
    log.on_gap(12)
    (run,) = json.loads(REPORTS["json"]().render(Told((log,))))["runs"]
    assert (len(run["facts"]), run["factsMissed"]) == (5, 12) and run["factsLeftOut"] > 5
    page = REPORTS["html"]().render(Told((log,)))
    assert "12 facts were gone before they could be read" in page


def test_steps_inside_steps_count_once_and_stand_after_the_outer_one(story: list[Fact]) -> None:

    def fact(kind: type[Fact], path: str, **more: Any) -> Fact:
        about = {"run": "run-1", "number": 1, "path": path, "title": f"title {path}", "where": f"s.yaml:{len(path)}"}
        return at(1, "scenario", kind, **about, **more)

    done = {"outcome": "passed", "took_ms": 1.0}
    facts = [
        story[0], fact(StepStarted, "1"), fact(StepStarted, "1.1"), fact(StepFinished, "1.1", **done),
        fact(StepStarted, "1#2.1"), fact(StepFinished, "1#2.1", **done), fact(StepFinished, "1", **done),
    ]  # fmt: skip
    (run,) = Told.of(facts).runs
    assert [step.path for step in run.steps] == ["1", "1.1", "1#2.1"]
    assert [step.path for step in run.leaves] == ["1.1", "1#2.1"]
    assert (run.count("passed"), run.not_run) == (1, 3)


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([], "passed"),
        (["skipped", "passed"], "passed"),
        (["skipped"], "skipped"),
        (["passed", "interrupted", "failed"], "interrupted"),
    ],
)
def test_a_scenario_that_was_skipped_does_not_spoil_the_whole(outcomes: list[str], whole: str) -> None:
    runs = []
    for outcome in outcomes:
        log = RunLog()
        started = at(0, "scenario", ScenarioStarted, run="r", scenario="s", steps=0, seed=1)
        ended = at(1, "scenario", ScenarioFinished, run="r", scenario="s", outcome=outcome, took_ms=1.0)
        for fact in (started, ended):
            log.on_fact(fact)
        runs.append(log)
    told = Told(tuple(runs))
    assert told.outcome == whole
    tap = REPORTS["tap"]().render(told)
    assert ("not ok" in tap) is (whole == "interrupted") and tap.count("# SKIP") == outcomes.count("skipped")
