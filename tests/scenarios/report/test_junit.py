"""JUnit XML, as build servers read it."""

import re
from xml.etree import ElementTree

import pytest

from sandbox.events.facts import Fact, ScenarioFinished
from sandbox.scenarios.report.junit import JUnitReport
from sandbox.scenarios.report.run_log import RunLog, Told
from tests.scenarios.report.conftest import at


@pytest.fixture
def told(story: list[Fact]) -> Told:
    log = RunLog("story.yaml")
    for fact in story:
        log.on_fact(fact)
    return Told((log, log), {"kafka": "4.4.0"})


def test_a_scenario_is_a_suite_and_a_step_a_case_with_skipped_ones_counted_apart(told: Told) -> None:
    suites = ElementTree.fromstring(JUnitReport().render(told))
    assert suites.tag == "testsuites"
    assert {name: suites.get(name) for name in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "6", "failures": "2", "errors": "0", "skipped": "2", "time": "8.200",
    }  # fmt: skip
    first = suites[0]
    assert first.get("timestamp") == "2024-12-03T10:00:00" and first.get("time") == "4.100"
    properties = {each.get("name"): each.get("value") for each in first.iterfind("properties/property")}
    assert properties == {
        "file": "story.yaml", "seed": "7", "run": "run-1", "correlationId": "trace-1", "sandbox.kafka": "4.4.0",
    }  # fmt: skip
    cases = first.findall("testcase")
    assert [case.get("name") for case in cases] == [
        "01 publish 20 records to rim.fast-path", "02 docker: pause the broker", "03 breaker odyssey/capsule is CLOSED",
    ]  # fmt: skip
    assert (cases[2].get("file"), cases[2].get("line"), cases[2].get("time")) == ("story.yaml", "6", "3.400")
    assert cases[1].find("skipped").get("message") == "skipped because there is no Docker"


def test_a_failure_has_a_message_of_one_line_and_the_whole_evidence_as_its_text(told: Told) -> None:
    failure = ElementTree.fromstring(JUnitReport().render(told)).find(".//failure")
    assert failure is not None and failure.text is not None
    assert failure.get("message", "").startswith("expected CLOSED, found OPEN · <script>")
    assert failure.text.splitlines()[0] == "story.yaml:6"
    assert "last      GET /x → 503 (12 ms) · req-1" in failure.text.splitlines()


def test_what_no_xml_can_hold_is_replaced(told: Told) -> None:
    text = JUnitReport().render(told)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text) and "\ufffd[2J\ufffd" in text


@pytest.mark.parametrize("outcome", ["interrupted", None])
def test_a_run_without_a_proper_end_is_not_green(story: list[Fact], outcome: str | None) -> None:
    end = (
        []
        if outcome is None
        else [at(9, "scenario", ScenarioFinished, run="run-1", scenario="s", outcome=outcome, took_ms=9.0)]
    )
    suites = ElementTree.fromstring(JUnitReport().render(Told.of([story[0], *end])))
    assert (suites.get("tests"), suites.get("errors")) == ("1", "1")
