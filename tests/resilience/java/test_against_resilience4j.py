"""Call by call against the real Resilience4j 2.2.0: what is returned, state, metrics, and events in their order.

With RECORD_RESILIENCE4J=1 its answers go to `tests/resilience/resilience4j.json`, which every test run replays.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = [pytest.mark.java, pytest.mark.timeout(600)]

DEFAULTS = {
    "failure": "50", "slow": "100", "slow-ms": "100", "type": "COUNT_BASED", "size": "4", "minimum": "2",
    "permitted": "2", "half-open-ms": "0", "automatic": "false", "record": "", "ignore": "", "predicate": "false",
    "wait-ms": "1000", "start-ms": "0",
}  # fmt: skip
STATES = ("CLOSED", "OPEN", "HALF_OPEN", "DISABLED", "METRICS_ONLY", "FORCED_OPEN")
FAIL, WORK, SLOW = "error 1000 IO", "success 1000", "success 100000001"
OPENED = [FAIL, FAIL]


def breaker(**changes: str) -> str:
    given = DEFAULTS | {name.replace("_", "-"): value for name, value in changes.items()}
    return "breaker " + " ".join(f"{name}={value}" for name, value in given.items())


CORNERS = {
    "rates are -1 below the minimum": [breaker(minimum="3"), FAIL, WORK, FAIL],
    "a threshold that is met opens": [breaker(failure="50", minimum="4"), WORK, WORK, FAIL, FAIL],
    "a threshold that is not quite met does not": [breaker(failure="50.001", minimum="4"), WORK, WORK, FAIL, FAIL],
    "one third in single precision": [breaker(failure="33.333333", minimum="3"), WORK, WORK, FAIL],
    "a little over one third": [breaker(failure="33.333336", minimum="3"), WORK, WORK, FAIL],
    "exactly as long as the threshold is not slow": [breaker(slow="1"), "success 100000000", "success 100000000"],
    "one nanosecond longer is": [breaker(slow="50"), WORK, SLOW, "try"],
    "both thresholds at once": [breaker(slow="50"), WORK, "error 100000001 IO"],
    "a minimum larger than the window": [breaker(minimum="10", size="3"), FAIL, FAIL, FAIL],
    "a minimum larger than the permitted calls": [
        breaker(minimum="4", permitted="2"), FAIL, FAIL, FAIL, FAIL, "tick 1001", "try", FAIL, "try", WORK, "try"],
    "a minimum smaller than the permitted calls decides early": [
        breaker(minimum="2", permitted="5"), *OPENED, "tick 1001", "try", "try", "try", WORK, WORK, FAIL],
    "a minimum larger than a window of seconds": [
        breaker(type="TIME_BASED", size="2", minimum="5"), *([FAIL] * 4), "tick 2000", *([FAIL] * 5)],
    "OPEN ends after its wait, not with it": [
        breaker(), *OPENED, "tick 999", "try", "tick 1", "try", "tick 1", "try", "try", "try"],
    "with automatic transition it ends with it": [
        breaker(automatic="true"), *OPENED, "tick 999", "try", "tick 1", "try"],
    "acquire says no as try does": [breaker(), *OPENED, "acquire", "tick 1001", "acquire", "acquire", "acquire"],
    "late outcomes count in OPEN": [breaker(), *OPENED, WORK, WORK, WORK, "tick 1001", "try", WORK, WORK],
    "late outcomes count in HALF_OPEN": [breaker(), *OPENED, "tick 1001", "try", FAIL, FAIL],
    "an ignored error gives its permit back": [
        breaker(ignore="IO", permitted="1"), "to OPEN", "tick 1001", "try", "try", "error 5 IO", "try", "try"],
    "more permits than there were": [breaker(permitted="1"), "to OPEN", "to HALF_OPEN", "release", "try", "try", "try"],
    "ignored wins over recorded, subclasses included": [
        breaker(record="IO", ignore="FileNotFound"), "error 1 FileNotFound", "error 1 IO", "error 1 State"],
    "lists and predicates add up": [
        breaker(record="IO", ignore="FileNotFound", predicate="true", minimum="4"),
        "error 1 State", "error 1 Arithmetic", "error 1 FileNotFound", "error 1 IO"],
    "no event names the threshold in HALF_OPEN": [breaker(), *OPENED, "tick 1001", "try", "try", FAIL, FAIL],
    "slow calls in HALF_OPEN": [breaker(slow="60"), *OPENED, "tick 1001", "try", "try", SLOW, SLOW],
    "HALF_OPEN lasts at most so long": [
        breaker(half_open_ms="500"), *OPENED, "tick 1001", "try", "tick 499", "tick 1", "try", "tick 1001", "try",
        "tick 500", "try"],
    "both timers go round by themselves": [
        breaker(half_open_ms="300", automatic="true"), *OPENED, "tick 1000", "tick 300", "tick 1000", "tick 5000"],
    "a longer wait after each opening": [
        breaker(multiplier="2", max_ms="3000", permitted="1"), *OPENED, "tick 1001", "try", FAIL, "tick 1001", "try",
        "tick 1000", "try", FAIL, "tick 3000", "try", "tick 1", "try", FAIL, "tick 3000", "try", "tick 1", "try",
        WORK, *OPENED, "tick 1001", "try"],
    "an opening by hand counts": [
        breaker(multiplier="2"), "to OPEN", "to OPEN", "tick 1001", "try", "tick 1000", "try"],
    "FORCED_OPEN counts as an opening": [
        breaker(multiplier="2"), "to FORCED_OPEN", "try", "acquire", WORK, FAIL, "to OPEN", "tick 1001", "try",
        "tick 1000", "try"],
    "open for and until": [
        breaker(multiplier="2"), "open-for 10", "try", "tick 11", "try", FAIL, FAIL, "tick 1001", "try",
        "open-until 5000", "tick 3000", "try", "tick 1000", "try"],
    "open until a moment that has passed": [breaker(automatic="true"), "tick 100", "open-until 50", "try"],
    "outcomes that open for or until": [
        breaker(), "result 1 ok-for-20", "try", "tick 21", "try", WORK, WORK, "error 1 State:x-until-900", "try",
        "tick 900", "try"],
    "bad results are failures and never open for": [breaker(), "result 1 bad-for-20", "result 1 null", "result 1 ok"],
    "an error that is a success may open for": [
        breaker(record="IO"), "error 1 State:x-for-20", "try", "tick 21", "try"],
    "DISABLED measures and says nothing": [
        breaker(ignore="State"), "to DISABLED", "try", "acquire", FAIL, FAIL, WORK, "error 1 State", "release",
        "to CLOSED"],
    "METRICS_ONLY measures, says each once": [
        breaker(slow="50"), "to METRICS_ONLY", FAIL, FAIL, FAIL, SLOW, SLOW, SLOW, "try", "to OPEN", "to HALF_OPEN"],
    "outcomes after DISABLED went to OPEN": [breaker(), "to DISABLED", "to OPEN", FAIL, WORK, SLOW, "try"],
    "outcomes after FORCED_OPEN went to OPEN": [breaker(), "to FORCED_OPEN", "to OPEN", "result 1 bad", "try"],
    "HALF_OPEN renewed has all permits": [
        breaker(permitted="1"), *OPENED, "tick 1001", "try", "try", "to HALF_OPEN", "try", "try"],
    "OPEN renewed waits anew and keeps its calls": [
        breaker(), *OPENED, "tick 900", "try", "to OPEN", "tick 900", "try", "tick 101", "try"],
    "CLOSED renewed forgets": [breaker(minimum="3"), FAIL, FAIL, "to CLOSED", FAIL],
    "reset from CLOSED is an event": [breaker(), FAIL, "reset", FAIL],
    "reset from FORCED_OPEN": [breaker(), "to FORCED_OPEN", "reset", "try"],
    "a timer outlives reset and half-opens the next OPEN": [
        breaker(automatic="true"), *OPENED, "tick 500", "reset", *OPENED, "tick 500", "tick 500"],
    "a timer outlives reset and opens": [
        breaker(half_open_ms="300"), *OPENED, "tick 1001", "try", "reset", "tick 300", "try"],
    "seconds leave the window one by one": [
        breaker(type="TIME_BASED", size="3", minimum="4", start_ms="700"), FAIL, "tick 299", WORK, "tick 1", WORK,
        "tick 1000", SLOW, "tick 1000", WORK, "tick 1000", WORK, "tick 2999", "tick 1", "tick 60000", FAIL],
    "OPEN's window of seconds goes on": [
        breaker(type="TIME_BASED", size="2", minimum="1"), FAIL, "tick 1999", WORK, "tick 1", "tick 2000"],
}  # fmt: skip


RECORDING = Path(__file__).parent.parent / "resilience4j.json"
Check = Callable[[list[str], list[str]], None]


@pytest.mark.parametrize("name", CORNERS)
def test_a_corner_case_goes_as_in_java(name: str, java: Any, check: Check) -> None:
    check(CORNERS[name], java.perform(CORNERS[name]))


percent = st.sampled_from(["1", "10", "25", "33.3", "33.333333", "40", "50", "60", "66.66667", "75", "100"])
small = st.integers(1, 6).map(str)
flag = st.sampled_from(["true", "false"])
some_errors = st.sampled_from(["", "", "IO", "FileNotFound", "State", "IO,State"])


@st.composite
def breakers(draw: st.DrawFn) -> str:
    given = {
        "failure": draw(percent), "slow": draw(percent), "slow-ms": draw(st.sampled_from(["1", "100"])),
        "type": draw(st.sampled_from(["COUNT_BASED", "TIME_BASED"])), "size": draw(small), "minimum": draw(small),
        "permitted": draw(small), "half-open-ms": draw(st.sampled_from(["0", "0", "1", "700"])),
        "automatic": draw(flag), "record": draw(some_errors), "ignore": draw(some_errors), "predicate": draw(flag),
        "wait-ms": draw(st.sampled_from(["1", "500", "2500"])), "start-ms": draw(st.sampled_from(["0", "999"])),
    }  # fmt: skip
    if draw(st.booleans()):
        given["multiplier"] = draw(st.sampled_from(["1", "1.5", "2", "0.7"]))
        if draw(st.booleans()):
            given["max-ms"] = draw(st.sampled_from(["600", "4000"]))
    return "breaker " + " ".join(f"{name}={value}" for name, value in given.items())


duration = st.sampled_from(["0", "999999", "1000000", "1000001", "100000000", "100000001"])
error = st.sampled_from(["IO", "IO", "FileNotFound", "State", "Arithmetic", "State:x-for-300", "IO:x-until-4000"])
result = st.sampled_from(["ok", "null", "bad", "ok-for-300", "ok-until-2000", "bad-for-1"])
command = st.one_of(
    st.sampled_from(["try", "try", "acquire", "release", "reset"]),
    duration.map(lambda ns: f"success {ns}"),
    st.tuples(duration, error).map(lambda each: f"error {each[0]} {each[1]}"),
    st.tuples(duration, error).map(lambda each: f"error {each[0]} {each[1]}"),
    st.tuples(duration, result).map(lambda each: f"result {each[0]} {each[1]}"),
    st.sampled_from(["1", "250", "499", "500", "501", "999", "1000", "2501", "10000"]).map(lambda ms: f"tick {ms}"),
    st.sampled_from(STATES).map(lambda state: f"to {state}"),
    st.sampled_from(["open-for 1", "open-for 800", "open-until 0", "open-until 3000"]),
)


@pytest.mark.spec("BREAKER-CLOSES", "BREAKER-OPENS")
@settings(
    max_examples=1000, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(make=breakers(), commands=st.lists(command, min_size=20, max_size=60))
def test_any_calls_go_as_in_java(make: str, commands: list[str], java: Any, check: Check) -> None:
    check([make, *commands], java.perform([make, *commands]))


retry_command = st.one_of(
    st.just("retry-call"),
    st.sampled_from(["IO", "FileNotFound", "State"]).map(lambda name: f"retry-error {name}"),
    st.sampled_from(["ok", "bad"]).map(lambda text: f"retry-result {text}"),
    st.just("retry-complete"),
)


@settings(
    max_examples=500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    attempts=st.integers(1, 5), fail=flag, record=some_errors, ignore=some_errors,
    wait=st.sampled_from(
        ["wait-ms=0", "wait-ms=500", "wait-ms=100 multiplier=1.5", "wait-ms=7 multiplier=3 max-ms=50"]),
    commands=st.lists(retry_command, min_size=5, max_size=30),
)  # fmt: skip
def test_any_retries_go_as_in_java(
    attempts: int,
    fail: str,
    record: str,
    ignore: str,
    wait: str,
    commands: list[str],
    java: Any,
    check: Check,
) -> None:
    commands = [f"retry attempts={attempts} fail={fail} record={record} ignore={ignore} {wait}", *commands]
    check(commands, java.perform(commands))


@pytest.mark.parametrize("options", ["wait-ms=500 multiplier=1.5", "wait-ms=3 multiplier=1.7 max-ms=999",
                                     "wait-ms=1000 multiplier=10", "wait-ms=10 multiplier=0.5"])  # fmt: skip
def test_exponential_waits_are_cut_as_in_java(options: str, java: Any, check: Check) -> None:
    commands = [f"interval {attempt} {options}" for attempt in range(80)]
    check(commands, java.perform(commands))


def some_calls(random: Random) -> list[str]:
    """A long story of one breaker, at random."""
    given = breaker(
        failure=random.choice(["25", "33.333333", "50", "75"]), slow=random.choice(["50", "100"]),
        type=random.choice(["COUNT_BASED", "TIME_BASED"]), size=random.choice("2345"), minimum=random.choice("1236"),
        permitted=random.choice("123"), half_open_ms=random.choice(["0", "700"]),
        automatic=random.choice(["true", "false"]), ignore=random.choice(["", "State"]),
        wait_ms=random.choice(["500", "2500"]), start_ms=random.choice(["0", "999"]),
        **random.choice([{}, {"multiplier": "2"}, {"multiplier": "1.5", "max_ms": "4000"}]),
    )  # fmt: skip
    often = ["try", "try", FAIL, FAIL, WORK, SLOW, "error 1000 State", "tick 499", "tick 1001", "result 1000 bad"]
    seldom = ["acquire", "release", "reset", "open-for 800", "tick 10000", *(f"to {state}" for state in STATES)]
    return [given, *(random.choice(often if random.random() < 0.85 else seldom) for _ in range(80))]


def test_the_recording_is_what_java_says(java: Any) -> None:
    stories = CORNERS | {f"story {seed}": some_calls(Random(seed)) for seed in range(15)}
    answers = {name: {"commands": commands, "answers": java.perform(commands)} for name, commands in stories.items()}
    if os.environ.get("RECORD_RESILIENCE4J"):
        RECORDING.write_text(json.dumps(answers, indent=0) + "\n", encoding="utf-8")
    assert json.loads(RECORDING.read_text(encoding="utf-8")) == answers
