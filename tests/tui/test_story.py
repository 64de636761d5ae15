"""A run is put together from its facts."""

from __future__ import annotations

from sandbox.tui.story import Story


def told(*facts: dict) -> Story:
    story = Story()
    for fact in facts:
        story.take({"at_ms": 5, "run": "r1", "where": "a.yaml:3", **fact})
    return story


BEGIN = {"kind": "ScenarioStarted", "scenario": "golden-path", "steps": 2, "seed": 1}


def step(number: int, kind: str = "StepStarted", path: str | None = None, **more: object) -> dict:
    return {"kind": kind, "number": number, "title": f"step {number}", "path": path or str(number), **more}


def done(number: int, outcome: str = "passed", path: str | None = None) -> dict:
    return step(number, "StepFinished", path, outcome=outcome, took_ms=7.0)


def test_a_step_is_running_until_it_is_finished() -> None:
    story = told(BEGIN, step(1))
    assert [(each.title, each.state) for each in story.run.steps] == [("step 1", "running")]
    story = told(BEGIN, step(1, within_ms=900.0), done(1), step(2))
    assert [(each.state, each.took_ms) for each in story.run.steps] == [("passed", 7.0), ("running", None)]
    assert story.run.steps[0].within_ms == 900.0 and story.run.done == 1


def test_steps_inside_a_step_do_not_count_as_steps_of_the_story() -> None:
    story = told(BEGIN, step(1), step(1, path="1.1"), done(1, path="1.1"), step(1, path="1.2"))
    assert [each.path for each in story.run.steps] == ["", "1.1", "1.2"]
    assert story.run.done == 0


def test_the_end_is_told_and_another_runs_facts_change_nothing() -> None:
    end = {"kind": "ScenarioFinished", "scenario": "golden-path", "outcome": "failed", "took_ms": 60.0}
    story = told(BEGIN, step(1), done(1, "failed"), {**end, "run": "r0"})
    assert story.run.state == "running"
    story.take({"at_ms": 9, "run": "r1", **end})
    assert (story.run.state, story.run.took_ms) == ("failed", 60.0)


def test_ambient_traffic_is_no_story() -> None:
    story = told(BEGIN, step(1), {**BEGIN, "run": "r2", "scenario": "ambient-traffic"})
    story.ambient = "r2"
    assert story.run.run == "r1"


def test_a_new_run_takes_the_place_of_the_last() -> None:
    story = told(BEGIN, step(1), {**BEGIN, "run": "r2"})
    assert (story.run.run, story.run.steps) == ("r2", ())


def test_a_run_that_is_held_says_what_comes_next_until_it_goes_on() -> None:
    held = {"kind": "StepHeld", "title": "step 1"}
    assert told(BEGIN, held).run.held == "step 1"
    assert told(BEGIN, held, step(1)).run.held is None
