"""Each kind of fact that has a line, and that none of them breaks on what may be absent."""

from dataclasses import fields
from typing import Any

import pytest

from sandbox.events.facts import FACTS, Fact
from sandbox.scenarios.report.story import deed_of

EXAMPLES: dict[str, Any] = {"int": 1, "float": 1.5, "str": "x", "Mapping[str, Any]": {}, "tuple[str, ...]": ("x",),
                            "list[str]": ["x"]}  # fmt: skip


def example(kind: type[Fact], **given: Any) -> Fact:
    members = {each.name: EXAMPLES[str(each.type)] for each in fields(kind) if str(each.type) in EXAMPLES}
    return kind(**{**members, "correlation_id": "c", "source": "capsule", **given})


@pytest.mark.parametrize("kind", FACTS.values(), ids=lambda kind: kind.__name__)
def test_every_kind_is_told_or_left_out_without_breaking(kind: type[Fact]) -> None:
    deed = deed_of(example(kind), "c")
    assert deed is None or (deed.who and deed.what and deed.alike)


@pytest.mark.parametrize(
    ("kind", "given", "what"),
    [
        ("RecordProduced", {"topic": "t", "partition": 1, "offset": 2}, "wrote t-1@2"),
        ("RecordConsumed", {"topic": "t", "outcome": "dead_lettered", "attempts": 4},
         "handled t-1@1 in 4 attempts: dead lettered"),
        ("RecordConsumed", {"topic": "t", "outcome": "duplicate"}, "handled t-1@1: duplicate"),
        ("DownstreamCalled", {"target": "plato", "method": "GET", "url": "http://h:1/p?q", "attempt": 2,
         "error": "refused"},
         "asked PLATO GET /p got no answer: refused (attempt 2)"),
        ("RetryScheduled", {"topic": "t", "wait_ms": 1000.0, "category": "UNKNOWN", "error": "e"},
         "will try t-1@1 again in 1000 ms (UNKNOWN: e)"),
        ("DlqRecordWritten", {"topic": "t", "category": "VALIDATION", "error": "e"},
         "gave t-1@1 up to the DLQ (VALIDATION: e)"),
        ("FallbackUsed", {"cause": "timeout"}, "fell back (timeout)"),
        ("CallNotPermitted", {"breaker": "capsule"}, "breaker capsule refused a call"),
        ("PlanStepFinished", {"step": "decide", "outcome": "failed"}, "ended failed step decide"),
        ("PlanStepFinished", {"step": "decide", "outcome": "completed"}, "did step decide"),
        ("FaultApplied", {"fault": "latency", "target": "capsule"}, "fault on: latency on capsule"),
    ],
)  # fmt: skip
def test_what_a_service_did_is_told_in_words(kind: str, given: dict[str, Any], what: str) -> None:
    deed = deed_of(example(FACTS[kind], **given), "c")
    assert deed is not None and deed.what == what


def test_only_what_belongs_to_the_run_is_told_and_what_concerns_everybody() -> None:
    assert deed_of(example(FACTS["RecordConsumed"]), "other") is None
    assert deed_of(example(FACTS["BreakerTransitioned"], correlation_id=None), "other") is not None
    assert deed_of(example(FACTS["RecordProduced"], source="scenario"), "c") is None
