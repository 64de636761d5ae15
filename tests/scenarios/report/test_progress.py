"""What a terminal shows below the story while a run goes on."""

from typing import Any

from sandbox.events.facts import (
    BreakerTransitioned,
    Fact,
    FaultApplied,
    FaultRemoved,
    RecordProduced,
    StepFinished,
    StepStarted,
)
from sandbox.scenarios.report.progress import Progress

PLAN = [("s.yaml:3", "publish alerts"), ("s.yaml:5", "breaker odyssey/capsule is OPEN"), ("s.yaml:9", "heal outage")]


class Now:
    s = 100.0

    def __call__(self) -> float:
        return self.s


def fact(kind: type[Fact], source: str = "scenario", **members: Any) -> Fact:
    return kind(at_ms=1, source=source, **members)


def step(kind: type[Fact], number: int, line: int, **members: Any) -> Fact:
    about = {"run": "r", "number": number, "title": "breaker odyssey/capsule is OPEN", "where": f"s.yaml:{line}"}
    return fact(kind, **about, **members)


def texts(progress: Progress) -> list[str]:
    return ["".join(text for text, _ in line) for line in progress.lines(3)]


def test_the_current_step_shows_its_wait_of_its_limit_and_what_comes_next() -> None:
    now = Now()
    progress = Progress(PLAN, now_s=now)
    assert texts(progress) == ["  then     publish alerts", f"{'':11}{PLAN[1][1]}", f"{'':11}heal outage"]
    progress.on_fact(step(StepStarted, 2, 5, within_ms=20_000.0))
    now.s += 4.2
    assert texts(progress) == ["◌ step 2 of 3  breaker odyssey/capsule is OPEN  4.2 of 20 s", "  then     heal outage"]
    progress.on_fact(step(StepFinished, 2, 5, outcome="passed", took_ms=4200.0))
    assert texts(progress) == ["  then     heal outage"]


def test_a_wait_is_counted_on_the_sandboxs_clock() -> None:
    now = Now()
    progress = Progress(speed=20, now_s=now)
    progress.on_fact(step(StepStarted, 1, 3))
    now.s += 0.5
    assert texts(progress) == ["◌ step 1 of 3  breaker odyssey/capsule is OPEN  10.0 s"]


def test_rates_are_those_of_the_last_seconds() -> None:
    now = Now()
    progress = Progress(now_s=now)
    record = {"topic": "rim.fast-path", "partition": 0, "offset": 0, "size_bytes": 1}
    for _ in range(20):
        progress.on_fact(fact(RecordProduced, **record))
        now.s += 0.1
    progress.on_fact(fact(RecordProduced, "capsule", **{**record, "topic": "capsule.snapshots"}))
    assert texts(progress) == ["  sending  rim.fast-path 10.0/s"]
    now.s += 3
    assert texts(progress) == []


def test_faults_in_force_and_breakers_that_are_not_closed_are_shown() -> None:
    progress = Progress()
    progress.on_fact(
        fact(FaultApplied, "capsule", fault_id="outage", fault="http-status --status 503", target="capsule")
    )
    moved = {"breaker": "capsule", "from_state": "CLOSED"}
    progress.on_fact(fact(BreakerTransitioned, "odyssey", **moved, to_state="OPEN"))
    assert texts(progress) == ["  faults   http-status --status 503 on capsule", "  breakers odyssey/capsule OPEN"]
    progress.on_fact(fact(FaultRemoved, "capsule", fault_id="outage", hits=3))
    progress.on_fact(fact(BreakerTransitioned, "odyssey", **moved, to_state="CLOSED"))
    assert texts(progress) == []
