"""The story on the terminal, as golden text."""

import io
import random
from typing import Any

import pytest

from sandbox.events.facts import (
    BreakerTransitioned,
    DownstreamCalled,
    Fact,
    PlanFinished,
    PlanStarted,
    RecordConsumed,
    RecordProduced,
    ScenarioFinished,
    ScenarioStarted,
    StepFinished,
    StepStarted,
)
from sandbox.scenarios.report.console import ConsoleReport
from sandbox.scenarios.report.painter import TerminalPainter, painter_for
from sandbox.scenarios.result import Failure

T0 = 1_733_220_000_000
PURPOSE = "The main job, from one published event to the artifacts of a plan: every hop is proven, one by one."


def at(ms: int, source: str, kind: type[Fact], correlation_id: str | None = "trace-1", **members: Any) -> Fact:
    return kind(at_ms=T0 + ms, source=source, correlation_id=correlation_id, **members)


def begin(**members: Any) -> Fact:
    about = {"run": "run-1", "scenario": "One alert becomes a plan", "steps": 3, "seed": 7, **members}
    return at(0, "scenario", ScenarioStarted, **about)


def step(ms: int, number: int, title: str, kind: str = "wait", within_ms: float | None = None) -> Fact:
    where = f"story.yaml:{number + 3}"
    return at(
        ms,
        "scenario",
        StepStarted,
        run="run-1",
        number=number,
        title=title,
        where=where,
        step=kind,
        within_ms=within_ms,
    )


def done(ms: int, number: int, title: str, took_ms: float, detail: str | None = None, **members: Any) -> Fact:
    about = {
        "number": number,
        "title": title,
        "where": f"story.yaml:{number + 3}",
        "took_ms": took_ms,
        "detail": detail,
    }
    return at(ms, "scenario", StepFinished, run="run-1", **{"outcome": "passed", "step": "wait", **about, **members})


def end(ms: int, outcome: str = "passed") -> Fact:
    return at(ms, "scenario", ScenarioFinished, run="run-1", scenario="s", outcome=outcome, took_ms=float(ms))


def told(*facts: Fact) -> str:
    stream = io.StringIO()
    report = ConsoleReport(stream)
    for fact in facts:
        report.on_fact(fact)
    report.close()
    return stream.getvalue()


def test_a_story_tells_what_was_said_and_done_and_what_the_services_did_in_between() -> None:
    record = {"topic": "rim.fast-path", "partition": 7, "offset": 0}
    snapshot = {"topic": "capsule.snapshots", "partition": 3, "offset": 0}
    call = {"target": "capsule", "method": "GET", "url": "http://127.0.0.1:8083/api/v1/history/rim:a:b:c?from=1"}
    text = told(
        begin(purpose=PURPOSE),
        step(1, 0, "PERCEPTION publishes one alert.", "say"),
        done(1, 0, "PERCEPTION publishes one alert.", 0.0, step="say"),
        step(2, 1, "publish 1 record to rim.fast-path", "publish"),
        done(14, 1, "publish 1 record to rim.fast-path", 12.34, "rim.fast-path-7@0"),
        step(15, 2, "expect capsule.snapshots: $.scope_id rim:a:b:c", "expect", 5000),
        done(120, 2, "expect capsule.snapshots: $.scope_id rim:a:b:c", 105.0, "capsule.snapshots-3@0"),
        at(13, "scenario", RecordProduced, **record, key="k", size_bytes=9),
        at(40, "capsule", RecordProduced, **snapshot, key="k", size_bytes=9),
        at(41, "capsule", RecordConsumed, **record, group="capsule", outcome="processed", took_ms=8.21),
        at(60, "odyssey", DownstreamCalled, **call, took_ms=4.5, status=200),
        at(61, "odyssey", RecordConsumed, "trace-other", **record, group="o", outcome="processed", took_ms=1.0),
        at(70, "plato", PlanStarted, plan_id="plan_1", run_id="r", steps=4),
        at(110, "plato", PlanFinished, plan_id="plan_1", run_id="r", outcome="COMPLETED", took_ms=40.0),
        at(112, "odyssey", BreakerTransitioned, None, breaker="capsule", from_state="CLOSED", to_state="OPEN"),
        step(121, 0, "That is all.", "say"),
        end(1234),
    )
    assert (
        text
        == """\
▶ One alert becomes a plan
  The main job, from one published event to the artifacts of a plan: every hop is proven, one by
  one.
  run-1 · seed 7 · trace-1

  PERCEPTION publishes one alert.
  ✓ publish 1 record to rim.fast-path · rim.fast-path-7@0                                   12.3 ms
        +40 ms  CAPSULE   wrote capsule.snapshots-3@0
        +41 ms  CAPSULE   handled rim.fast-path-7@0                                          8.2 ms
        +60 ms  ODYSSEY   asked CAPSULE GET /api/v1/history/rim:a:b:c → 200                  4.5 ms
        +70 ms  PLATO     began plan_1, 4 steps
       +110 ms  PLATO     finished plan_1: COMPLETED                                        40.0 ms
       +112 ms  ODYSSEY   breaker capsule: CLOSED → OPEN
  ✓ expect capsule.snapshots: $.scope_id rim:a:b:c · capsule.snapshots-3@0                   105 ms

  That is all.

  ✓ passed · 2 steps in 1.23 s
"""
    )


def test_a_failure_shows_where_what_was_expected_what_was_found_and_what_came_nearest() -> None:
    failure = Failure(
        "OPEN",
        "CLOSED · 4 calls in the window, 4 failed · failure rate not yet known",
        (("last", "GET /api/v1/history → 503 (12 ms) · req-1"), ("", "GET /api/v1/history → 503 (9 ms) · req-2")),
        "publish faster than 5/s",
    )
    title = "breaker odyssey/capsule is OPEN"
    text = told(
        begin(),
        step(1, 1, title, "breaker", 10_000),
        done(10_001, 1, title, 10_000.0, "…", outcome="failed", failure=failure.to_json()),
        end(10_002, "failed"),
    )
    assert (
        text
        == """\
▶ One alert becomes a plan
  run-1 · seed 7 · trace-1
  ✗ step 1 of 3  breaker odyssey/capsule is OPEN within 10s                             story.yaml:4
      expected  OPEN
      actual    CLOSED · 4 calls in the window, 4 failed · failure rate not yet known
      last      GET /api/v1/history → 503 (12 ms) · req-1
                GET /api/v1/history → 503 (9 ms) · req-2
      hint      publish faster than 5/s

  ✗ failed at step 1 of 3 after 10.00 s · seed 7: --seed gives the same traffic again
"""
    )


def test_many_deeds_of_one_kind_are_shortened_to_their_number() -> None:
    record = {"topic": "rim.fast-path", "partition": 0, "group": "capsule", "outcome": "processed", "took_ms": 1.0}
    handled = [at(10 + n, "capsule", RecordConsumed, **record, offset=n) for n in range(2_000)]
    text = told(begin(), *handled, step(3_000, 0, "Next.", "say"), end(3_001))
    assert [line.strip() for line in text.splitlines() if "CAPSULE" in line][
        -1
    ] == "CAPSULE   handled rim.fast-path: 1,997 more"
    assert text.count("CAPSULE") == 4


def test_an_interrupted_run_says_so_with_what_is_needed_to_repeat_it() -> None:
    text = told(
        begin(),
        step(1, 1, "wait 1h"),
        done(500, 1, "wait 1h", 499.0, outcome="interrupted"),
        end(501, "interrupted"),
    )
    assert text.splitlines()[-3:] == [
        "  - wait 1h · interrupted                                                                    499 ms",
        "",
        "  - interrupted after 501 ms · seed 7: --seed gives the same traffic again",
    ]


def test_a_run_whose_end_was_not_seen_says_so() -> None:
    assert told(begin()).splitlines()[-1] == "  ? the end of the run was not seen"
    assert told() == ""


def test_other_runs_and_what_was_before_are_left_out() -> None:
    other = at(
        5,
        "scenario",
        StepFinished,
        "trace-2",
        run="run-2",
        number=1,
        title="theirs",
        where="",
        outcome="passed",
        took_ms=1.0,
    )
    early = at(-5, "capsule", RecordProduced, "trace-1", topic="early", partition=0, offset=0, size_bytes=0)
    text = told(early, begin(), other, end(10))
    assert "theirs" not in text and "early" not in text


def test_long_titles_are_cut_before_the_time() -> None:
    line = told(begin(), done(5, 1, "x" * 300, 5.0), end(10)).splitlines()[2]
    assert len(line) == 100 and line.endswith("…     5.0 ms")


@pytest.mark.parametrize("seed", range(3))
def test_facts_are_told_in_the_order_they_happened_however_they_come(seed: int) -> None:
    record = {"partition": 0, "size_bytes": 0}
    wrote = [at(n * 10, "capsule", RecordProduced, topic=f"t{n}", offset=n, **record) for n in range(1, 20)]
    facts = [begin(), *wrote, end(500)]
    late = facts[1:]
    random.Random(seed).shuffle(late)
    assert told(facts[0], *late) == told(*facts)


def test_a_terminal_gets_colours_and_anything_else_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    report = ConsoleReport(stream)
    for fact in [begin(), step(1, 1, "wait [1s]", within_ms=1000), done(5, 1, "wait [1s]", 5.0), end(10)]:
        report.on_fact(fact)
    report.close()
    assert "\x1b[" in stream.getvalue() and "wait [1s]" in stream.getvalue()
    assert stream.getvalue().count("\x1b[?25l") == stream.getvalue().count("\x1b[?25h"), "the cursor is back"
    assert isinstance(painter_for(Terminal()), TerminalPainter)
    monkeypatch.setenv("CI", "true")
    assert not isinstance(painter_for(Terminal()), TerminalPainter)
    monkeypatch.delenv("CI")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not isinstance(painter_for(Terminal()), TerminalPainter)
    assert not isinstance(painter_for(io.StringIO()), TerminalPainter)


def test_a_step_inside_a_step_stands_under_it_and_only_the_inner_failure_is_told() -> None:
    failure = Failure("1 record(s)", "no record came in 5s")
    about = {"step": "expect", "outcome": "failed"}
    inner = {**about, "failure": failure.to_json(), "path": "2.1"}
    text = told(
        begin(),
        done(1, 1, "wait 1ms", 1.0, path="1"),
        done(5_000, 2, "expect capsule.snapshots", 5_000.0, "…", **inner),
        done(5_001, 2, "repeat 3 times", 5_001.0, path="2", **about),
        end(5_002, "failed"),
    )
    assert [line.rstrip() for line in text.splitlines()[3:]] == [
        "    ✗ step 2.1 of 3  expect capsule.snapshots                                           story.yaml:5",
        "        expected  1 record(s)",
        "        actual    no record came in 5s",
        "",
        "  ✗ failed at step 2.1 of 3 after 5.00 s · seed 7: --seed gives the same traffic again",
    ]


def test_skipped_steps_are_counted_apart() -> None:
    text = told(
        begin(), done(1, 1, "wait 1ms", 1.0), done(2, 2, "wait 1h", 0.0, "skipped because …", outcome="skipped"), end(3)
    )
    assert text.splitlines()[-1] == "  ✓ passed · 1 steps, 1 skipped in 3.0 ms"


def test_what_a_record_brings_along_cannot_move_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    TerminalPainter(stream).line([("a\x1b[2Jb", "")])
    assert stream.getvalue() == "a\ufffd[2Jb\n"
