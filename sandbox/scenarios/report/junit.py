"""JUnit XML as build servers read it: a suite a scenario, a case a step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sandbox.events.facts import StepFinished
from sandbox.scenarios.report.printable import printable
from sandbox.scenarios.report.run_log import RunLog, Told, place_of, why_not_run
from sandbox.scenarios.result import Failure

__all__ = ["JUnitReport"]

ASSERTION_EXIT_CODE = 1


class JUnitReport:
    """The form of Ant and Surefire. An assertion that did not hold is a `failure`, anything else that ended a step an
    `error`. A run without steps, or that was interrupted, has a case that says so: an empty suite would look green."""

    suffix = ".xml"

    def render(self, told: Told) -> str:
        suites = Element("testsuites", name="scenarios")
        for run in told.runs:
            _suite(suites, run, told)
        totals = [Counts.of(suite) for suite in suites]
        _count(suites, Counts.sum(totals), sum(run.took_ms for run in told.runs))
        indent(suites)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


class Counts(dict[str, int]):
    """`tests`, `failures`, `errors` and `skipped` of a suite."""

    @classmethod
    def of(cls, suite: Element) -> Counts:
        found = {name: len(suite.findall(f"testcase/{tag}")) for name, tag in _TAGS.items()}
        return cls(tests=len(suite.findall("testcase")), **found)

    @classmethod
    def sum(cls, each: Sequence[Counts]) -> Counts:
        return cls({name: sum(one[name] for one in each) for name in ("tests", *_TAGS)})


_TAGS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _suite(suites: Element, run: RunLog, told: Told) -> None:
    started = run.started
    name = printable(started.scenario if started else run.file)
    suite = SubElement(suites, "testsuite", name=name)
    properties = SubElement(suite, "properties")
    known = {
        "file": run.file,
        "seed": str(started.seed) if started else "",
        "run": started.run if started else "",
        "correlationId": (started.correlation_id or "") if started else "",
        **{f"sandbox.{key}": value for key, value in told.sandbox.items()},
    }
    for key, value in known.items():
        if value:
            SubElement(properties, "property", name=printable(key), value=printable(value))
    for step in run.leaves:
        _case(suite, step, name)
    if run.outcome in ("interrupted", "unknown"):
        case = SubElement(suite, "testcase", classname=name, name="the end of the run", time="0.000")
        text = "the run was interrupted" if run.outcome == "interrupted" else "the end of the run was not seen"
        SubElement(case, "error", message=text, type=run.outcome)
    if started is not None:
        moment = datetime.fromtimestamp(started.at_ms / 1000, UTC)
        suite.set("timestamp", moment.strftime("%Y-%m-%dT%H:%M:%S"))
    _count(suite, Counts.of(suite), run.took_ms)
    if run.file:
        suite.set("file", printable(run.file))


def _case(suite: Element, step: StepFinished, scenario: str) -> None:
    about = {"classname": scenario, "name": printable(f"{_number(step)} {step.title}"), "time": _seconds(step.took_ms)}
    file, _, line = step.where.rpartition(":")
    if line.isdigit():
        about |= {"file": printable(file), "line": line}
    case = SubElement(suite, "testcase", about)
    if (reason := why_not_run(step)) is not None:
        SubElement(case, "skipped", message=printable(reason))
    elif step.outcome == "failed":
        failure = Failure.from_json(step.failure or {})
        is_assertion = failure.exit_code == ASSERTION_EXIT_CODE
        message = f"expected {failure.expected}, found {failure.actual}" if failure.expected else failure.actual
        told = SubElement(
            case, "failure" if is_assertion else "error",
            message=printable(message), type="AssertionFailed" if is_assertion else "Error",
        )  # fmt: skip
        told.text = printable("\n".join((failure.where or step.where, *failure.lines())))
    elif step.detail:
        SubElement(case, "system-out").text = printable(step.detail)


def _number(step: StepFinished) -> str:
    """`07`, `07.2`: sorted by name, cases stand in their order."""
    first, *rest = re.split(r"(?=[.#])", place_of(step), maxsplit=1)
    return f"{first:0>2}{''.join(rest)}"


def _count(element: Element, counts: Counts, took_ms: float) -> None:
    for name, number in counts.items():
        element.set(name, str(number))
    element.set("time", _seconds(took_ms))


def _seconds(took_ms: float) -> str:
    return f"{took_ms / 1000:.3f}"
