from __future__ import annotations

from typing import Any

import pytest

from sandbox.cli.trace_lines import trace_lines

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER = "00f067aa0ba902b700f067aa0ba902b7"
NOBODY = "GET /v1/facts?under=req-404&after=-500&limit=1&wait_s=1.0"
NEWEST = "GET /v1/facts?after=-500&limit=500&kind=RequestServed%2CRecordProduced%2CScenarioStarted"


def fact(
    kind: str, source: str, at_ms: int, span: str | None = None, parent: str | None = None, **more: Any
) -> dict[str, Any]:
    trace = {"trace_id": more.pop("trace", TRACE), "span_id": span, "parent_span_id": parent, "request_id": "req-7"}
    return {"kind": kind, "source": source, "at_ms": at_ms, **(trace if span else {}), **more}


def position(offset: int, topic: str = "rim.fast-path") -> dict[str, Any]:
    return {"topic": topic, "partition": 1, "offset": offset}


def handled(source: str, at_ms: int, span: str, parent: str, offset: int, took_ms: float, **more: Any) -> Any:
    told = {"group": source, "outcome": "processed", "took_ms": took_ms, **position(offset), **more}
    return fact("RecordConsumed", source, at_ms, span, parent, **told)


def streamed(at_ms: int, kind: str) -> dict[str, Any]:
    return fact("WebSocketMessageSent", "plato", at_ms, "run", "post", path="/ws/plans/p", client="c", type=kind)


POST = {"method": "POST", "route": "/api/v1/plans", "path": "/api/v1/plans"}
FACTS = [
    fact("ScenarioStarted", "scenario", 1000, run="r", scenario="One alert", steps=3, seed=1),
    fact("RecordProduced", "scenario", 1010, "w", "x", **position(7), size_bytes=9),
    fact("RetryScheduled", "odyssey", 1040, "h", "w", group="odyssey-reflex", **position(7), retry=1, wait_ms=1000.0,
         category="DOWNSTREAM_FAILURE", error="plato is away"),
    fact("BreakerTransitioned", "odyssey", 1045, "h", "w", breaker="plato", from_state="CLOSED", to_state="OPEN"),
    fact("DownstreamCalled", "odyssey", 1035, "call", "h", target="plato", method="POST",
         url="http://127.0.0.1:8080/api/v1/plans", took_ms=15.0, status=503, attempt=2),
    fact("RequestServed", "plato", 1034, "post", "call", **POST, status=503, took_ms=3.25),
    fact("PlanFinished", "plato", 3000, "run", "post", plan_id="plan_1", run_id="r", outcome="COMPLETED",
         took_ms=1500.0),
    streamed(1600, "STEP_STARTED"), streamed(1700, "STEP_PROGRESS"), streamed(1800, "STEP_PROGRESS"),
    fact("PlanStepFinished", "plato", 2000, "step", "run", plan_id="plan_1", run_id="r", step="decide",
         outcome="completed", took_ms=150.0),
    streamed(2001, "STEP_COMPLETED"),
    fact("DlqRecordWritten", "odyssey", 2890, "h", "w", dlq_id="d", group="odyssey-reflex", **position(7),
         category="DOWNSTREAM_FAILURE", error="plato is away", retries=3),
    handled("odyssey", 2900, "h", "w", 7, 1885.0, outcome="dead_lettered", attempts=4),
    handled("audit", 1030, "a", "w", 7, 10.0),
    fact("RecordProduced", "audit", 1029, "aw", "a", **position(3, "audit.events"), size_bytes=9),
    fact("RequestServed", "capsule", 3100, "g", "y", trace=OTHER, method="GET", route="/api/v1/capsules/{id}",
         path="/api/v1/capsules/cap_1?x=\x1b[31m", status=404, took_ms=0.4),
    fact("ScenarioFinished", "scenario", 3200, run="r", scenario="One alert", outcome="failed", took_ms=2200.0),
    fact("FromTheFuture", "capsule", 3200, "z", "w"),
]  # fmt: skip
TIMELINE = {"id": "trace-7", "trace_ids": [TRACE, OTHER], "took_ms": 2200, "truncated": False, "facts": FACTS}

TREE = f"""\
trace-7  2.20 s · 18 facts · 2 traces · scenario: One alert · failed

trace {TRACE} · req-7
      +0 ms  SCENARIO wrote rim.fast-path-1@7
      +5 ms  ├─ ODYSSEY  handled rim.fast-path-1@7 in 4 attempts: dead lettered               1.89 s
     +10 ms  │  ├─ ODYSSEY  asked PLATO POST /api/v1/plans → 503 (attempt 2)                 15.0 ms
     +21 ms  │  │  └─ PLATO    served POST /api/v1/plans → 503                                3.2 ms
    +490 ms  │  │     └─ PLATO    finished plan_1: COMPLETED                                  1.50 s
    +590 ms  │  │        ├─ PLATO    streamed STEP_STARTED, 2 × STEP_PROGRESS
    +840 ms  │  │        ├─ PLATO    did step decide                                          150 ms
    +991 ms  │  │        └─ PLATO    streamed STEP_COMPLETED
     +30 ms  │  ├─ ODYSSEY  will try rim.fast-path-1@7 again in 1000 ms (DOWNSTREAM_FAILURE: plato is away)
     +35 ms  │  ├─ ODYSSEY  breaker plato: CLOSED → OPEN
  +1,880 ms  │  └─ ODYSSEY  gave rim.fast-path-1@7 up to the DLQ (DOWNSTREAM_FAILURE: plato is away)
     +10 ms  └─ AUDIT    handled rim.fast-path-1@7, wrote audit.events-1@3                   10.0 ms

trace {OTHER} · req-7
  +2,090 ms  CAPSULE  served GET /api/v1/capsules/cap_1 → 404                                 0.4 ms
"""


def test_a_story_is_a_tree_of_who_caused_what_with_times(sandbox, control) -> None:
    control.answers["GET /v1/traces/trace-7"] = TIMELINE
    done = sandbox("trace", "trace-7")
    assert (done.code, done.err) == (0, "")
    assert done.out == TREE


def test_json_is_what_the_control_api_says(sandbox, control) -> None:
    control.answers["GET /v1/traces/trace-7"] = TIMELINE
    assert sandbox("trace", "trace-7", "--json").json == TIMELINE


def test_a_traceparent_means_its_trace(sandbox, control) -> None:
    control.answers[f"GET /v1/traces/{TRACE}"] = TIMELINE
    assert sandbox("trace", f"00-{TRACE}-00f067aa0ba902b7-01").code == 0


def test_an_unknown_id_is_a_usage_error_that_names_the_newest_story(sandbox, control) -> None:
    control.answers["GET /v1/traces/req-404"] = {**TIMELINE, "facts": []}
    control.answers[NOBODY] = {"facts": []}
    control.answers[NEWEST] = {
        "facts": [
            {"kind": "RequestServed", "route": "/api/v1/capsules", "correlation_id": "trace-9"},
            {"kind": "RequestServed", "route": "/actuator/health", "correlation_id": "trace-10"},
        ]
    }
    done = sandbox("trace", "req-404")
    assert (done.code, done.out) == (2, "")
    assert "nothing is known under 'req-404'" in done.err
    assert "X-Request-ID" in done.err and "the newest story is trace-9" in done.err


def test_a_story_whose_facts_are_still_on_their_way_is_waited_for(sandbox, control) -> None:
    class Arriving(dict):
        def get(self, asked: str, default: Any = None) -> Any:
            if asked == NOBODY:
                self["GET /v1/traces/req-404"] = TIMELINE
            return super().get(asked, default)

    control.answers = Arriving({"GET /v1/traces/req-404": {**TIMELINE, "facts": []}, NOBODY: {"facts": FACTS[:1]}})
    done = sandbox("trace", "req-404")
    assert done.code == 0 and "handled rim.fast-path-1@7" in done.out


def test_a_story_that_was_cut_short_says_so(sandbox, control) -> None:
    control.answers["GET /v1/traces/trace-7"] = {**TIMELINE, "truncated": True}
    assert "only the first facts are shown" in sandbox("trace", "trace-7").err


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_no_line_of_the_tree_is_wider_than_it(width) -> None:
    head, *lines = ["".join(text for text, _ in line) for line in trace_lines(TIMELINE, width=width, clip=True)]
    assert head.startswith("trace-7")
    assert max(map(len, lines)) <= width
    assert any("…" in line for line in lines) is (width < 120)


def test_a_story_deeper_than_pythons_stack_is_told() -> None:
    chain = [
        fact("RecordProduced", "team", 1000 + n, f"s{n}", f"s{n - 1}", **position(n), size_bytes=1) for n in range(1500)
    ]
    lines = list(trace_lines({**TIMELINE, "facts": chain}, width=100, clip=False))
    assert len(lines) == 1500 + 3
